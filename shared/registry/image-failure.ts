import { isSluiceError, type SluiceError } from '../errors.ts';

/**
 * Is this error about one image, so that the registry may well tell of others? That it is not there, may not be seen or
 * cannot be understood, or whatever else the registry answers when it is asked about it.
 */
export function concernsOneImage(error: unknown): error is SluiceError {
  return (
    isSluiceError(
      error,
      'registry-not-found',
      'registry-unauthorized',
      'registry-reply-invalid',
      'registry-address-forbidden',
    ) ||
    (isSluiceError(error, 'registry-unavailable') && (error.status !== undefined || !error.retryable))
  );
}
