import { expect, test } from 'vitest';
import { openWakeSignal } from '../../../../infra/agent/wake/wake.ts';

const HOUR = 3_600_000;
const never = new AbortController().signal;

test('a nudge ends the wait of every source', async () => {
  const { wake: nudge, subscribe } = openWakeSignal();
  const waits = [subscribe()(HOUR, never), subscribe()(HOUR, never)];
  nudge();
  await expect(Promise.all(waits)).resolves.toHaveLength(2);
});

test('a nudge that comes while nobody waits ends the next wait, and no other', async () => {
  const { wake: nudge, subscribe } = openWakeSignal();
  const wait = subscribe();
  nudge();
  nudge();
  await wait(HOUR, never);
  const ended = new AbortController();
  let isOver = false;
  const second = wait(HOUR, ended.signal).then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  expect(isOver).toBe(false);
  ended.abort();
  await second;
});

test('a wait that is ended from outside leaves a nudge to the next one', async () => {
  const { wake: nudge, subscribe } = openWakeSignal();
  const wait = subscribe();
  nudge();
  await wait(HOUR, AbortSignal.abort());
  await expect(wait(HOUR, never)).resolves.toBeUndefined();
});

test('without a nudge the time ends the wait', async () => {
  await expect(openWakeSignal().subscribe()(1, never)).resolves.toBeUndefined();
});
