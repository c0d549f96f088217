import { Refusal } from './refusal.ts';

/** One bucket for all; a test may set every field. Times are in seconds since 1970. */
export interface RateLimit {
  limit: number;
  used: number;
  resetsAt: number;
  /** While set, every request is told to wait. */
  secondary: { readonly status: 403 | 429; readonly retryAfterSeconds?: number } | undefined;
}

const WINDOW_SECONDS = 3600;

/** As an hour begins; GitHub gives a person 5,000 requests. */
export function newRateLimit(now: number): RateLimit {
  return { limit: 5000, used: 0, resetsAt: Math.floor(now / 1000) + WINDOW_SECONDS, secondary: undefined };
}

/**
 * Refuses where the limit is used up, without taking anything from it.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export function checkRateLimit(bucket: RateLimit, now: number): void {
  if (now / 1000 >= bucket.resetsAt) {
    bucket.used = 0;
    bucket.resetsAt = Math.floor(now / 1000) + WINDOW_SECONDS;
  }
  const { secondary } = bucket;
  if (secondary !== undefined) {
    const { status, retryAfterSeconds } = secondary;
    throw new Refusal(
      status,
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } },
    );
  }
  if (bucket.used >= bucket.limit) {
    throw new Refusal(403, 'API rate limit exceeded for user ID 1001.');
  }
}

/** What stands in every reply. */
export function rateLimitHeaders({ limit, used, resetsAt }: RateLimit): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(Math.max(0, limit - used)),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(resetsAt),
    'x-ratelimit-resource': 'core',
  };
}

/** As `rate-limit-overview` has it. */
export function rateLimitJson({ limit, used, resetsAt }: RateLimit): unknown {
  const core = { limit, used, remaining: Math.max(0, limit - used), reset: resetsAt };
  const search = { limit: 30, used: 0, remaining: 30, reset: resetsAt };
  return { resources: { core, search }, rate: core };
}
