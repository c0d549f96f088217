import { SluiceError } from '../../errors.ts';
import { quietSeconds, retryAfterSeconds } from '../../http/retry-after.ts';
import { type GitHubReply, wordsOf } from './reply.ts';

/** What GitHub asks for where a secondary limit names no time. */
const DEFAULT_RETRY_SECONDS = 60;

/** Keeps a client from asking for as long as GitHub wants to be left alone: more requests would prolong the limit. */
export interface RateLimit {
  /** @throws SluiceError `git-rate-limited` while GitHub is to be left alone */
  check(): void;
  /** @throws SluiceError `git-rate-limited` where this reply asks to wait */
  note(reply: GitHubReply): void;
}

/**
 * @param now milliseconds since the epoch
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export function rateLimit(subject: string, now: () => number): RateLimit {
  let quietUntil = 0;
  return {
    check() {
      const left = quietUntil - now();
      if (left > 0) {
        throw limited(subject, Math.ceil(left / 1000));
      }
    },
    note(reply) {
      if (isLimit(reply)) {
        const seconds = secondsAsked(reply, now());
        quietUntil = now() + seconds * 1000;
        throw limited(subject, seconds);
      }
    },
  };
}

/** GitHub has one status for what is forbidden and for what is too much; old servers tell them apart by words only. */
function isLimit(reply: GitHubReply): boolean {
  const { status, headers } = reply;
  return (
    status === 429 ||
    (status === 403 &&
      (headers['retry-after'] !== undefined ||
        headers['x-ratelimit-remaining'] === '0' ||
        /rate limit|abuse detection/i.test(wordsOf(reply))))
  );
}

function secondsAsked({ headers }: GitHubReply, now: number): number {
  const after = headers['retry-after'];
  const reset = headers['x-ratelimit-remaining'] === '0' ? headers['x-ratelimit-reset'] : undefined;
  const asked = after === undefined ? Number(reset) - now / 1000 : retryAfterSeconds(after, now);
  return quietSeconds(asked, DEFAULT_RETRY_SECONDS);
}

function limited(subject: string, seconds: number): SluiceError {
  return new SluiceError({
    code: 'git-rate-limited',
    subject,
    found: `too many requests; GitHub asks to wait ${seconds} s`,
    retryable: true,
    retryAfterSeconds: seconds,
  });
}
