import { expect, test } from 'vitest';
import { runBurst } from './burst.ts';

test('a thousand pushes within 20 seconds: at most 40 commits, none lost, none twice', {
  timeout: 300_000,
}, async () => {
  const { commits, ...rest } = await runBurst({ images: 50, versions: 20, seconds: 20 });
  expect(rest).toEqual({ pushes: 1000, lost: [], twice: [] });
  expect(commits).toBeGreaterThan(0);
  expect(commits).toBeLessThanOrEqual(40);
});
