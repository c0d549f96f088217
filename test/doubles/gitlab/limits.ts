import { Refusal } from './answer.ts';

/** What a token may ask in a minute; undefined is without a limit. */
export interface Limits {
  requests?: number;
  /** Archives have a limit of their own: 5 on gitlab.com. */
  archives?: number;
}

/** Counts requests by the minute, and refuses as GitLab does. */
export function counter(limits: Limits, now: () => number) {
  const taken = new Map<string, number>();
  const take = (kind: string): number => {
    const key = `${kind} ${Math.floor(now() / 60_000)}`;
    const count = (taken.get(key) ?? 0) + 1;
    taken.set(key, count);
    return count;
  };
  return {
    /** The headers of https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/ */
    headers(): Readonly<Record<string, string>> {
      const limit = limits.requests;
      const left = 60 - Math.floor((now() / 1000) % 60);
      const observed = take('requests');
      if (limit === undefined) {
        return {};
      }
      const headers = {
        'ratelimit-name': 'throttle_authenticated_api',
        'ratelimit-limit': String(limit),
        'ratelimit-observed': String(observed),
        'ratelimit-remaining': String(Math.max(0, limit - observed)),
        'ratelimit-reset': String(Math.floor(now() / 1000) + left),
      };
      if (observed > limit) {
        throw new Refusal(429, Buffer.from('Retry later\n'), { ...headers, 'retry-after': String(left) });
      }
      return headers;
    },
    /** Told without a `Retry-After`: https://docs.gitlab.com/security/rate_limits/ */
    archive(): void {
      if (limits.archives !== undefined && take('archives') > limits.archives) {
        throw new Refusal(429, {
          message: { error: 'This endpoint has been requested too many times. Try again later.' },
        });
      }
    },
  };
}
