import { setTimeout as sleep } from 'node:timers/promises';
import { hostOf, type RepositoryConfig } from '../../shared/config/repository.ts';

/** Waits until a branch may be committed to again; `updates` are to be in that commit. */
export type CommitRateLimit = (
  repository: Pick<RepositoryConfig, 'url' | 'branch'> & { readonly host?: RepositoryConfig['host'] },
  updates: number,
) => Promise<void>;

interface Limit {
  /** So many updates within a second are no burst: each may have its own commit. */
  readonly quiet: number;
  /** So many commits of a burst go at once. */
  readonly atOnce: number;
  /** Then so many a second. */
  readonly perSecond: number;
}

/**
 * GitHub allows 80 requests that write a minute, and a commit takes three; GitLab's limits are for all requests.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
const LIMITS: Readonly<Record<ReturnType<typeof hostOf>, Limit>> = {
  github: { quiet: 0, atOnce: 5, perSecond: 0.4 },
  gitlab: { quiet: 0, atOnce: 5, perSecond: 1 },
  git: { quiet: 15, atOnce: 1, perSecond: 1.25 },
};

const SECOND = 1000;

interface Branch {
  /** Commits that may go at once, and since when that is so. */
  readonly left: number;
  readonly at: number;
  readonly recent: readonly { readonly at: number; readonly updates: number }[];
}

/**
 * Each branch has a bucket of commits, which fills up slowly, for when there are more updates than a person could
 * follow. Those that come meanwhile wait in their queue, and what has waited becomes one commit.
 *
 * @param now milliseconds since the epoch
 */
export function commitRateLimit(
  now: () => number,
  wait: (millis: number) => Promise<unknown> = sleep,
): CommitRateLimit {
  const branches = new Map<string, Branch>();
  return async (repository, updates) => {
    const key = JSON.stringify([repository.url, repository.branch]);
    const { quiet, atOnce, perSecond } = LIMITS[hostOf(repository)];
    const at = now();
    const before = branches.get(key) ?? { left: atOnce, at, recent: [] };
    const recent = [...before.recent.filter((one) => at - one.at < SECOND), { at, updates }];
    const filled = Math.min(atOnce, before.left + ((at - before.at) * perSecond) / SECOND);
    const isQuiet = recent.reduce((sum, one) => sum + one.updates, 0) <= quiet;
    const left = isQuiet ? filled : filled - 1;
    branches.set(key, { left, at, recent });
    if (left < 0) {
      await wait((-left / perSecond) * SECOND);
    }
  };
}
