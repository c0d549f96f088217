import { SluiceError } from '../errors.ts';
import type { HttpClient } from './http.ts';

const DEFAULT_RETRY_SECONDS = 30;
/** Nobody is left alone for longer, whatever it asks for: a mistake there is not to stop updates for good. */
const MAX_RETRY_SECONDS = 60 * 60;

/**
 * The same client, which asks a host nothing for as long as that asked to be left alone: more requests would only
 * prolong the limit.
 *
 * @param registry the registry as images name it
 * @param now milliseconds since the epoch
 */
export function rateLimited(http: HttpClient, registry: string, origin: string, now: () => number): HttpClient {
  const quietUntil = new Map<string, number>();
  return async (request) => {
    const { host } = request.url;
    const subject = request.url.origin === origin ? `registry ${registry}` : `host ${host} of registry ${registry}`;
    const left = (quietUntil.get(host) ?? 0) - now();
    if (left > 0) {
      throw limited(subject, Math.ceil(left / 1000));
    }
    const reply = await http(request);
    if (reply.status === 429) {
      const seconds = retryAfterSeconds(reply.headers.get('retry-after'), now());
      quietUntil.set(host, now() + seconds * 1000);
      throw limited(subject, seconds);
    }
    return reply;
  };
}

/** Seconds or a date: RFC 9110, section 10.2.3. */
function retryAfterSeconds(header: string | null, now: number): number {
  const text = header?.trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000;
  return Number.isNaN(seconds) ? DEFAULT_RETRY_SECONDS : Math.min(Math.max(1, Math.ceil(seconds)), MAX_RETRY_SECONDS);
}

function limited(subject: string, seconds: number): SluiceError {
  return new SluiceError({
    code: 'registry-rate-limited',
    subject,
    found: `too many requests; it asks to wait ${seconds} s`,
    retryable: true,
    retryAfterSeconds: seconds,
  });
}
