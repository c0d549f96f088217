import { messageOf, SluiceError } from '../../../../shared/errors.ts';
import type { SentError } from './messages.ts';

/** An error's parts, to be sent to another process. */
export function toSend(error: unknown): SentError {
  if (!(error instanceof SluiceError)) {
    return { message: messageOf(error) };
  }
  const { code, subject, expected, found, next, retryable } = error;
  return {
    code,
    subject,
    found,
    retryable,
    ...(expected !== undefined && { expected }),
    ...(next !== undefined && { next }),
  };
}

/** The error that another process sent. */
export function fromSent(sent: SentError): Error {
  return 'code' in sent ? new SluiceError(sent) : new Error(sent.message);
}
