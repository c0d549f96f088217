import type { RepositoryConfig } from '../config/repository.ts';
import { SluiceError } from '../errors.ts';
import { withinMillis } from '../time-limit.ts';

type Named = Pick<RepositoryConfig, 'url' | 'branch'>;

/** What is kept of a function's time for its answer: what failed has to reach its queue. */
const RESERVE_MILLIS = 5000;
/** Repositories are worked on at once, so that each may have more than its part. */
const LEAST_SHARE_MILLIS = 15_000;
/** A repository that used up its time is left alone for so long: whoever waits with it waits once. */
const PAUSE_SECONDS = 30;

/**
 * The time of one of so many repositories that are worked on at once: all for one, else its part, or 15 seconds where
 * there is that much.
 *
 * @param millisLeft what the function has
 */
export function shareOfTime(millisLeft: number, repositories: number): number {
  const usable = Math.max(0, millisLeft - Math.min(RESERVE_MILLIS, millisLeft / 2));
  return Math.min(usable, Math.max(LEAST_SHARE_MILLIS, usable / Math.max(1, repositories)));
}

/** Ends the work on a repository that takes longer than its time, and remembers which did. */
export class RepositoryTime {
  readonly #now: () => number;
  readonly #quietUntil = new Map<string, { readonly at: number; readonly error: SluiceError }>();

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Works on a repository for so long at most.
   *
   * @throws SluiceError `git-too-slow` (retryable), at once where it used up its time a moment ago
   */
  async spend<T>(repository: Named, millis: number, work: () => Promise<T>): Promise<T> {
    const key = JSON.stringify([repository.url, repository.branch]);
    const before = this.#quietUntil.get(key);
    if (before !== undefined && before.at > this.#now()) {
      throw before.error;
    }
    this.#quietUntil.delete(key);
    return withinMillis(
      millis,
      () => {
        const error = tooSlow(repository, millis);
        this.#quietUntil.set(key, { at: this.#now() + PAUSE_SECONDS * 1000, error });
        return error;
      },
      work,
    );
  }
}

function tooSlow({ url, branch }: Named, millis: number): SluiceError {
  return new SluiceError({
    code: 'git-too-slow',
    subject: `repository ${url} branch ${branch}`,
    expected: `an end within ${Math.round(millis / 100) / 10} s, its share of the time`,
    found: 'none',
    next: 'Name fewer paths of it in sluice.yml; on AWS, raise the timeout of the function in serverless.yml.',
    retryable: true,
    retryAfterSeconds: PAUSE_SECONDS,
  });
}
