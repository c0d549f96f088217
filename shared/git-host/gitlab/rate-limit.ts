import { quietSeconds, retryAfterSeconds } from '../../http/retry-after.ts';
import { rateLimited } from '../rate-limited.ts';
import type { GitLabResponse } from './api/response.ts';

/** Limits count by the minute: https://docs.gitlab.com/security/rate_limits/ */
const DEFAULT_RETRY_SECONDS = 60;

/** Leaves a GitLab alone for as long as it asks. Archives have a limit of their own, which says nothing of other requests. */
export class RateLimit {
  readonly #subject: string;
  readonly #now: () => number;
  readonly #quietUntil = new Map<'archives' | 'requests', number>();

  /** @param now milliseconds since the epoch */
  constructor(subject: string, now: () => number) {
    this.#subject = subject;
    this.#now = now;
  }

  /** @throws SluiceError `git-rate-limited` while GitLab is to be left alone */
  check(path: string): void {
    const until = Math.max(this.#quietUntil.get('requests') ?? 0, this.#quietUntil.get(kindOf(path)) ?? 0);
    if (until > this.#now()) {
      throw rateLimited('GitLab', this.#subject, Math.ceil((until - this.#now()) / 1000));
    }
  }

  /** @throws SluiceError `git-rate-limited` where this reply asks to wait */
  note(path: string, { status, headers }: GitLabResponse): void {
    if (status === 429) {
      const now = this.#now();
      const asked = headers.get('retry-after');
      const wanted =
        asked === undefined ? untilReset(headers.get('ratelimit-reset'), now) : retryAfterSeconds(asked, now);
      const seconds = quietSeconds(wanted, DEFAULT_RETRY_SECONDS);
      this.#quietUntil.set(kindOf(path), now + seconds * 1000);
      throw rateLimited('GitLab', this.#subject, seconds);
    }
  }
}

function kindOf(path: string): 'archives' | 'requests' {
  return path.includes('/repository/archive') ? 'archives' : 'requests';
}

/** NaN where there is none. `RateLimit-Reset` is seconds since the epoch: https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/ */
function untilReset(header: string | undefined, now: number): number {
  return Number(header) - now / 1000;
}
