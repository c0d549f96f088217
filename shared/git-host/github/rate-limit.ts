import { quietSeconds, retryAfterSeconds } from '../../http/retry-after.ts';
import { rateLimited } from '../rate-limited.ts';
import { type GitHubResponse, wordsOf } from './api/response.ts';

/** What GitHub asks for where a secondary limit names no time. */
const DEFAULT_RETRY_SECONDS = 60;

/**
 * Keeps a client from asking for as long as GitHub wants to be left alone: more requests would prolong the limit.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export class RateLimit {
  readonly #subject: string;
  readonly #now: () => number;
  #quietUntil = 0;

  /** @param now milliseconds since the epoch */
  constructor(subject: string, now: () => number) {
    this.#subject = subject;
    this.#now = now;
  }

  /** @throws SluiceError `git-rate-limited` while GitHub is to be left alone */
  check(): void {
    const left = this.#quietUntil - this.#now();
    if (left > 0) {
      throw rateLimited('GitHub', this.#subject, Math.ceil(left / 1000));
    }
  }

  /** @throws SluiceError `git-rate-limited` where this response asks to wait */
  note(response: GitHubResponse): void {
    if (isLimit(response)) {
      const seconds = secondsAsked(response, this.#now());
      this.#quietUntil = this.#now() + seconds * 1000;
      throw rateLimited('GitHub', this.#subject, seconds);
    }
  }
}

/** GitHub has one status for what is forbidden and for what is too much; old servers tell them apart by words only. */
function isLimit(response: GitHubResponse): boolean {
  const { status, headers } = response;
  return (
    status === 429 ||
    (status === 403 &&
      (headers['retry-after'] !== undefined ||
        headers['x-ratelimit-remaining'] === '0' ||
        /rate limit|abuse detection/i.test(wordsOf(response))))
  );
}

function secondsAsked({ headers }: GitHubResponse, now: number): number {
  const after = headers['retry-after'];
  const reset = headers['x-ratelimit-remaining'] === '0' ? headers['x-ratelimit-reset'] : undefined;
  const asked = after === undefined ? Number(reset) - now / 1000 : retryAfterSeconds(after, now);
  return quietSeconds(asked, DEFAULT_RETRY_SECONDS);
}
