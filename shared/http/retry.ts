import { setTimeout as pause } from 'node:timers/promises';
import { isSluiceError } from '../errors.ts';
import { TooManyRedirectsError } from './redirects.ts';
import { isUntrustedCertificate } from './untrusted-certificate.ts';

/**
 * Sends what only reads again, after a broken connection or a status of 500 and more.
 *
 * @param pauses milliseconds before each further try
 * @param signal the time limit of them all
 */
export async function repeatRead<T extends { readonly status: number }>(
  pauses: readonly number[],
  signal: AbortSignal,
  send: () => Promise<T>,
): Promise<T> {
  for (const millis of pauses) {
    try {
      const reply = await send();
      if (reply.status < 500) {
        return reply;
      }
    } catch (error) {
      const isFinal = isSluiceError(error) || isUntrustedCertificate(error) || error instanceof TooManyRedirectsError;
      if (isFinal || signal.aborted) {
        throw error;
      }
    }
    await pause(millis, undefined, { signal });
  }
  return send();
}
