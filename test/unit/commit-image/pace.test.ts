import { describe, expect, test } from 'vitest';
import { branchPace } from '../../../functions/commit-image/pace.ts';

const repository = (url: string, branch = 'main') => ({ url, branch, host: undefined });
const PLAIN = repository('https://git.example.com/hello.git');

/** A pace with a clock of its own, that waiting moves on. */
function paced() {
  const clock = { now: 0 };
  const waits: number[] = [];
  const pace = branchPace(
    () => clock.now,
    async (millis) => {
      waits.push(Math.round(millis));
      clock.now += millis;
    },
  );
  return { pace, waits, clock };
}

describe('the pace of commits to a branch', () => {
  test('lets the first ones go at once, then waits its turn', async () => {
    const { pace, waits } = paced();
    for (let commit = 0; commit < 8; commit += 1) {
      await pace(PLAIN);
    }
    expect(waits).toEqual([667, 667, 667]);
  });

  test.each([
    { host: 'plain Git', url: 'https://git.example.com/hello.git', most: 35 },
    { host: 'GitLab', url: 'https://gitlab.com/acme/hello.git', most: 25 },
    { host: 'GitHub', url: 'https://github.com/acme/hello.git', most: 13 },
  ])('makes at most $most commits of a burst of 20 seconds at $host', async ({ url, most }) => {
    const { pace, clock } = paced();
    let commits = 0;
    while (clock.now <= 20_000) {
      await pace(repository(url));
      commits += 1;
    }
    expect(commits).toBeLessThanOrEqual(most + 1);
    expect(commits).toBeGreaterThan(most - 3);
  });

  test('fills up again while nothing is pushed', async () => {
    const { pace, waits, clock } = paced();
    for (let commit = 0; commit < 5; commit += 1) {
      await pace(PLAIN);
    }
    clock.now += 60_000;
    for (let commit = 0; commit < 5; commit += 1) {
      await pace(PLAIN);
    }
    expect(waits).toEqual([]);
  });

  test('is each branch’s own', async () => {
    const { pace, waits } = paced();
    for (const branch of ['a', 'b', 'c']) {
      for (let commit = 0; commit < 5; commit += 1) {
        await pace(repository(PLAIN.url, branch));
      }
    }
    expect(waits).toEqual([]);
  });
});
