import { SluiceError } from '../../errors.ts';
import { quietSeconds, retryAfterSeconds } from '../../http/retry-after.ts';
import type { GitLabReply } from './errors.ts';

/** Limits count by the minute: https://docs.gitlab.com/security/rate_limits/ */
const DEFAULT_RETRY_SECONDS = 60;

/** Leaves a host alone for as long as it asks. */
export interface RateLimit {
  /** @throws SluiceError `git-rate-limited` while the host is to be left alone */
  refuse(path: string): void;
  /** Notes what a reply says of limits. */
  note(path: string, reply: GitLabReply): void;
}

/**
 * Archives have a limit of their own, which says nothing of other requests.
 *
 * @param now milliseconds since the epoch
 */
export function rateLimit(subject: string, now: () => number): RateLimit {
  const quietUntil = new Map<string, number>();
  const kindOf = (path: string) => (path.includes('/repository/archive') ? 'archives' : 'requests');
  return {
    refuse(path) {
      const until = Math.max(quietUntil.get('requests') ?? 0, quietUntil.get(kindOf(path)) ?? 0);
      if (until > now()) {
        throw limited(subject, Math.ceil((until - now()) / 1000));
      }
    },
    note(path, { status, headers }) {
      if (status !== 429) {
        return;
      }
      const asked = headers.get('retry-after');
      const seconds = quietSeconds(
        asked === undefined ? untilReset(headers.get('ratelimit-reset'), now()) : retryAfterSeconds(asked, now()),
        DEFAULT_RETRY_SECONDS,
      );
      quietUntil.set(kindOf(path), now() + seconds * 1000);
      throw limited(subject, seconds);
    },
  };
}

/** `RateLimit-Reset` is seconds since the epoch: https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/ */
function untilReset(header: string | undefined, now: number): number {
  return header === null ? DEFAULT_RETRY_SECONDS : Number(header) - now / 1000;
}

function limited(subject: string, seconds: number): SluiceError {
  return new SluiceError({
    code: 'git-rate-limited',
    subject,
    found: `too many requests; GitLab asks to wait ${seconds} s`,
    retryable: true,
    retryAfterSeconds: seconds,
  });
}
