import { expect, test } from 'vitest';
import { debounceBursts } from '../../../functions/evaluate-policy/debounce-burst.ts';

test.each([
  { name: 'ten pushes a second go at once', everyMillis: 100, pushes: 1, waits: 0 },
  { name: 'fifty a second wait once they are known to be a burst', everyMillis: 20, pushes: 1, waits: 85 },
  { name: 'a full batch now and then goes at once', everyMillis: 5000, pushes: 10, waits: 0 },
])('$name', async ({ everyMillis, pushes, waits }) => {
  const clock = { now: 0, waits: 0 };
  const gather = debounceBursts(
    () => clock.now,
    async () => {
      clock.waits += 1;
    },
  );
  for (let batch = 0; batch < 100; batch += 1) {
    await gather(pushes);
    clock.now += everyMillis;
  }
  expect(clock.waits).toBe(waits);
});
