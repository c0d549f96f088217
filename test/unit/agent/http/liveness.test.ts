import { expect, onTestFinished, test, vi } from 'vitest';
import { Liveness } from '../../../../infra/agent/http/liveness.ts';

test('what is done aside takes no time of a step, and what comes after it does', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const vitals = new Liveness([]);
  const stuck: (readonly string[])[] = [];
  const passes = (seconds: number) => {
    vi.advanceTimersByTime(seconds * 1000);
    stuck.push(vitals.stuck());
  };
  await vitals.step('apply', 60_000, async (aside) => {
    passes(40);
    await aside(async () => passes(600));
    passes(15);
    await expect(aside(async () => Promise.reject(new Error('the wait failed')))).rejects.toThrow('the wait failed');
    passes(15);
  });
  passes(600);
  expect(stuck).toEqual([[], [], [], ['apply: under way for 70 s, expected at most 60 s'], []]);
});
