import { type ErrorDetails, networkReason } from '../errors.ts';
import { TooManyRedirectsError } from './redirects.ts';
import { connectionAdvice } from './untrusted-certificate.ts';

/**
 * What an error says of a reply that did not come, or not whole.
 *
 * @param timeoutMillis how long it was waited for
 */
export function connectionFailure(
  error: unknown,
  timeoutMillis: number,
): Pick<ErrorDetails, 'found' | 'retryable' | 'next' | 'cause'> {
  const isLate = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const found = isLate ? `no answer within ${timeoutMillis / 1000} s` : networkReason(error) || code;
  const advice = error instanceof TooManyRedirectsError ? { retryable: false } : connectionAdvice(error);
  return { found, ...advice, cause: error };
}
