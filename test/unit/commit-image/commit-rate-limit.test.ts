import { describe, expect, test } from 'vitest';
import { commitRateLimit } from '../../../functions/commit-image/commit-rate-limit.ts';

const repository = (url: string, branch = 'main') => ({ url, branch, host: undefined });
const PLAIN = repository('https://git.example.com/hello.git');
const GITLAB = repository('https://gitlab.com/acme/hello.git');
/** What a quick host takes. */
const COMMIT_MILLIS = 40;

/** A pace with a clock of its own, that waiting moves on. */
function paced() {
  const clock = { now: 0 };
  const waits: number[] = [];
  const pace = commitRateLimit(
    () => clock.now,
    async (millis) => {
      waits.push(Math.round(millis));
      clock.now += millis;
    },
  );
  return { pace, waits, clock };
}

describe('the pace of commits to a branch', () => {
  test('lets the first ones of a burst go at once, then waits its turn', async () => {
    const { pace, waits } = paced();
    for (let commit = 0; commit < 8; commit += 1) {
      await pace(GITLAB, 10);
    }
    expect(waits).toEqual([1000, 1000, 1000]);
  });

  test.each([
    { host: 'plain Git', url: 'https://git.example.com/hello.git', most: 35 },
    { host: 'GitLab', url: 'https://gitlab.com/acme/hello.git', most: 26 },
    { host: 'GitHub', url: 'https://github.com/acme/hello.git', most: 14 },
  ])('makes at most $most commits of 50 updates a second for 20 seconds at $host', async ({ url, most }) => {
    const { pace, clock } = paced();
    let commits = 0;
    for (let waiting = 1; clock.now <= 20_000; commits += 1) {
      const before = clock.now;
      await pace(repository(url), waiting);
      clock.now += COMMIT_MILLIS;
      waiting = Math.max(1, Math.round((clock.now - before) / 20));
    }
    expect(commits).toBeLessThanOrEqual(most);
    expect(commits).toBeGreaterThan(most / 2);
  });

  test('gives each of ten updates a second its own commit at plain Git', async () => {
    const { pace, waits, clock } = paced();
    for (let update = 0; update < 200; update += 1) {
      await pace(PLAIN, 1);
      clock.now += 100;
    }
    expect(waits).toEqual([]);
  });

  test('fills up again while nothing is pushed', async () => {
    const { pace, waits, clock } = paced();
    for (const pause of [0, 60_000]) {
      clock.now += pause;
      for (let commit = 0; commit < 5; commit += 1) {
        await pace(GITLAB, 1);
      }
    }
    expect(waits).toEqual([]);
  });

  test('is each branch’s own', async () => {
    const { pace, waits } = paced();
    for (const branch of ['a', 'b', 'c']) {
      for (let commit = 0; commit < 5; commit += 1) {
        await pace(repository(GITLAB.url, branch), 100);
      }
    }
    expect(waits).toEqual([]);
  });
});
