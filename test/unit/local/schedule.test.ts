import { expect, test } from 'vitest';
import { startSchedule } from '../../../infra/local/schedule.ts';
import { recordingLog } from '../../fakes/recording.ts';

/** Longer than any test. */
const NEVER_SECONDS = 86_400;

test('the first call comes at once, and one that is under way is waited for', async () => {
  const { log } = recordingLog();
  const done: string[] = [];
  const schedule = startSchedule(
    NEVER_SECONDS,
    async () => {
      done.push('begun');
      await new Promise(setImmediate);
      done.push('ended');
    },
    log,
  );
  expect(done).toEqual(['begun']);
  await schedule.stop();
  expect(done).toEqual(['begun', 'ended']);
});

test('the first call comes later where that is asked for', async () => {
  const { log } = recordingLog();
  const calls: string[] = [];
  const schedule = startSchedule(NEVER_SECONDS, async () => void calls.push('call'), log, NEVER_SECONDS);
  await schedule.stop();
  expect(calls).toEqual([]);
});

test('a call that fails is logged, and the next one comes all the same', async () => {
  const { log, lines } = recordingLog();
  let calls = 0;
  await new Promise<void>((resolve) => {
    const schedule = startSchedule(
      0,
      async () => {
        calls += 1;
        if (calls === 1) {
          throw new Error('no registry');
        }
        resolve(schedule.stop());
      },
      log,
    );
  });
  expect(calls).toBe(2);
  expect(lines).toEqual([expect.objectContaining({ level: 'error', message: 'scheduled call failed' })]);
});
