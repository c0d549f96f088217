import { expect, test } from 'vitest';
import { inParallel } from '../../../infra/agent/parallel.ts';

test('results are in the order of the items, and no more is done at once than is said', async () => {
  let now = 0;
  let most = 0;
  const results = await inParallel([3, 1, 2], 2, async (item) => {
    now += 1;
    most = Math.max(most, now);
    await Promise.resolve();
    now -= 1;
    return item * 10;
  });
  expect({ results, most }).toEqual({ results: [30, 10, 20], most: 2 });
});

test('after a fault nothing is begun, and what was begun ends first', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const slow = Promise.withResolvers<void>();
  const all = inParallel([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    if (item === 0) {
      await slow.promise;
      ended.push(item);
      return;
    }
    queueMicrotask(slow.resolve);
    throw new Error('broken');
  });
  await expect(all).rejects.toThrow('broken');
  expect({ begun, ended }).toEqual({ begun: [0, 1], ended: [0] });
});
