import type { z } from '../../../schema.ts';
import type { GitHubClient, Send } from '../client.ts';

type ConditionalSend = (
  request: Parameters<Send>[0],
  at: Parameters<Send>[1] & { readonly headers: Readonly<Record<string, string>> },
) => ReturnType<Send>;

/** Reads; undefined where GitHub has no such thing (404). */
export type ConditionalRead<T> = (key: string, send: ConditionalSend) => Promise<T | undefined>;

const MAX_KEPT = 32;

/**
 * Reads what was read before only where it changed: a 304 takes nothing from the rate limit.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
 */
export function conditional<T>(client: GitHubClient, schema: z.ZodMiniType<T>): ConditionalRead<T> {
  const kept = new Map<string, { readonly etag: string; readonly value: T }>();
  return async (key, send) => {
    const before = kept.get(key);
    const headers: Record<string, string> = before === undefined ? {} : { 'if-none-match': before.etag };
    const reply = await client.ask(async (request, at) => send(request, { ...at, headers }), 304, 404);
    if (reply.status === 304 && before !== undefined) {
      return before.value;
    }
    kept.delete(key);
    if (reply.status === 404) {
      return undefined;
    }
    const value = client.parse(schema, reply);
    const etag = reply.headers['etag'];
    if (etag !== undefined) {
      kept.set(key, { etag, value });
      const [oldest = key] = kept.keys();
      if (kept.size > MAX_KEPT) {
        kept.delete(oldest);
      }
    }
    return value;
  };
}
