import { awsFailure } from '../aws/failure.ts';
import { regionAdvice } from '../aws/region-advice.ts';
import type { CallOptions } from '../aws/service.ts';
import { SluiceError } from '../errors.ts';

/** Why a secret cannot be had, and what mends it. */
export interface Unavailable {
  readonly found: string;
  readonly next?: string;
  readonly retryable?: boolean;
  /** Never an error that may quote the secret. */
  readonly cause?: unknown;
}

/** The error for a secret that cannot be read; it names the reference. */
export function secretUnavailable(
  reference: string,
  { next = 'Set it where the reference points.', ...rest }: Unavailable,
): SluiceError {
  return new SluiceError({
    code: 'secret-unavailable',
    subject: `secret ${reference}`,
    expected: 'its text',
    ...rest,
    next,
  });
}

/** What a store of AWS is called, and what one may do there. */
export interface AwsStore {
  /** `ssm:GetParameter` */
  readonly action: string;
  /** Names of errors that say that there is nothing of this name, and what people call that. */
  readonly missing: { readonly error: string; readonly found: string; readonly next: string };
}

/** The shortest time that a function has is 10 s, and it is to say what keeps it waiting. */
const STORE_MILLIS = 6000;

/**
 * How a store of AWS is asked. Parameter Store gives out 40 parameters a second, so a hundred functions that begin at
 * the same time have to try more often: https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
export function storeCall(): CallOptions {
  return { timeoutMillis: 2000, attempts: 6, signal: AbortSignal.timeout(STORE_MILLIS) };
}

/** The error for what a client of AWS threw. */
export function refusedByAws(reference: string, store: AwsStore, cause: unknown): SluiceError {
  const { kind, name, found, action = store.action } = awsFailure(cause);
  if (name === store.missing.error) {
    return secretUnavailable(reference, { ...store.missing, cause });
  }
  const next = regionAdvice(cause);
  if (next !== undefined) {
    return secretUnavailable(reference, { found, next, retryable: kind === 'away', cause });
  }
  if (kind === 'denied') {
    return secretUnavailable(reference, {
      found: `access denied (${found})`,
      next: `Allow ${action} on it to the role of this function.`,
      cause,
    });
  }
  if (kind === 'unidentified') {
    return secretUnavailable(reference, {
      found: `no credentials that AWS takes (${found})`,
      next: 'Set AWS credentials for this process.',
      cause,
    });
  }
  return kind === 'refused'
    ? secretUnavailable(reference, { found, next: 'See what AWS says of it.', cause })
    : secretUnavailable(reference, {
        found: `no answer of its store (${found})`,
        next: `It is tried again; in a VPC the function needs a way to ${store.action.split(':', 1)[0]}.`,
        retryable: true,
        cause,
      });
}
