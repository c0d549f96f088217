import { setTimeout as sleep } from 'node:timers/promises';
import { hostOf, type RepositoryConfig } from '../../shared/config/repository.ts';

/** Waits until a branch may be committed to again. */
export type Pace = (repository: Pick<RepositoryConfig, 'url' | 'branch' | 'host'>) => Promise<void>;

/** So many commits go at once; a burst beyond them is folded into fewer. */
const AT_ONCE = 5;

/**
 * Then so many a second. GitHub allows 80 requests that write a minute, and a commit takes three:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
const PER_SECOND = { github: 0.4, gitlab: 1, git: 1.5 } as const;

/**
 * Each branch has a bucket of commits, which fills up slowly. Updates that come meanwhile wait in their queue, and what
 * has waited becomes one commit.
 *
 * @param now milliseconds since the epoch
 */
export function branchPace(now: () => number, wait: (millis: number) => Promise<unknown> = sleep): Pace {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  return async ({ url, branch, host }) => {
    const key = JSON.stringify([url, branch]);
    const perMilli = PER_SECOND[hostOf({ url, host })] / 1000;
    const at = now();
    const bucket = buckets.get(key) ?? { left: AT_ONCE, at };
    const left = Math.min(AT_ONCE, bucket.left + (at - bucket.at) * perMilli) - 1;
    buckets.set(key, { left, at });
    if (left < 0) {
      await wait(-left / perMilli);
    }
  };
}
