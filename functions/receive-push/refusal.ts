import { type ErrorCode, isSluiceError, SluiceError } from '../../shared/errors.ts';

export type RefusalStatus = 400 | 401 | 413;

const STATUSES: Partial<Record<ErrorCode, RefusalStatus>> = {
  'push-unauthentic': 401,
  'push-malformed': 400,
  'push-too-large': 413,
};

/** The HTTP status that refuses a delivery for this error; undefined where the fault is not the sender's. */
export function refusalStatus(error: unknown): RefusalStatus | undefined {
  return isSluiceError(error) ? STATUSES[error.code] : undefined;
}

/** The error for a sender that does not prove to be one. */
export function unauthentic(source: string, found: string): SluiceError {
  return new SluiceError({
    code: 'push-unauthentic',
    subject: `push of source ${JSON.stringify(source)}`,
    expected: 'a sender that is configured',
    found,
  });
}

/** What is wrong with a delivery that no secret proves. */
export const UNPROVEN = 'a wrong secret or signature, or none';
