import { expect, test } from 'vitest';
import { rememberSweep, sweepCheck } from '../../../functions/sweep/last-sweep.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';

const EVERY_SECONDS = 900;
const FINISHED = Date.UTC(2026, 10, 24, 10);
const all = { sites: 20, found: 1, failed: 0, left: 0 };
const told = 'finished 2026-11-24T10:00:00.000Z: 20 images compared, 1 missed pushes found, 0 failures';

test.each([
  { what: 'that went through all', result: all, ago: 60, finding: { status: 'ok', found: told } },
  {
    what: 'with failures',
    result: { ...all, failed: 2 },
    ago: 60,
    finding: { status: 'warning', next: 'Look into the log of sweep for "not swept".' },
  },
  {
    what: 'that had no time for all',
    result: { ...all, left: 12 },
    ago: 60,
    finding: {
      status: 'warning',
      found: `no time for 12 images; ${told}`,
      next: 'They have their turn another time; on AWS raise the timeout of sweep in serverless.yml.',
    },
  },
  ...[all, { ...all, left: 12 }].map((result) => ({
    what: 'that was the last for long',
    result,
    ago: 4 * EVERY_SECONDS,
    finding: {
      status: 'failure',
      found: told,
      next: 'It should run every 900 seconds: look at its schedule and its log.',
    },
  })),
])('a sweep $what', async ({ result, ago, finding }) => {
  const cache = memoryCache(() => FINISHED);
  await rememberSweep(cache, result, FINISHED);
  const check = sweepCheck(cache, EVERY_SECONDS, () => FINISHED + ago * 1000);
  expect(await check()).toMatchObject({ subject: 'sweep', ...finding });
});
