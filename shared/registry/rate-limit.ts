import { SluiceError } from '../errors.ts';
import { quietSeconds, retryAfterSeconds } from '../http/retry-after.ts';
import type { RegistryHttp } from './http.ts';

const DEFAULT_RETRY_SECONDS = 30;

/**
 * The same client, which asks a host nothing for as long as that asked to be left alone: more requests would only
 * prolong the limit.
 *
 * @param registry the registry as images name it
 * @param now milliseconds since the epoch
 */
export function rateLimited(http: RegistryHttp, registry: string, origin: string, now: () => number): RegistryHttp {
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
      const seconds = quietSeconds(retryAfterSeconds(reply.headers.get('retry-after'), now()), DEFAULT_RETRY_SECONDS);
      quietUntil.set(host, now() + seconds * 1000);
      throw limited(subject, seconds);
    }
    return reply;
  };
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
