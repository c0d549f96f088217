import { messageOf, SluiceError } from '../../errors.ts';
import { TooMuchError } from './limits.ts';

/** The error for a branch that a repository does not have. */
export function missing(subject: string, branch: string, isEmpty: boolean): SluiceError {
  const code = 'git-not-found';
  return isEmpty
    ? new SluiceError({ code, subject, found: 'it has no commits yet', next: `Push a first commit to ${branch}.` })
    : new SluiceError({
        code,
        subject,
        expected: `a branch ${branch}`,
        found: 'none',
        next: 'Check the url and the branch in sluice.yml.',
      });
}

/** The error for a host that took too long. */
export function late(subject: string, timeoutMillis: number): SluiceError {
  const found = `no answer within ${timeoutMillis / 1000} s`;
  return new SluiceError({ code: 'git-unavailable', subject, expected: 'an answer of git', found, retryable: true });
}

/** The error for a repository that holds more than it may; undefined for other errors. */
export function tooLarge(subject: string, cause: unknown): SluiceError | undefined {
  if (!(cause instanceof TooMuchError)) {
    return undefined;
  }
  const next = 'Keep large files elsewhere, or manifests in a repository of their own.';
  return new SluiceError({ code: 'git-too-large', subject, expected: cause.expected, found: 'more', next, cause });
}

/** The error for an answer that cannot be read. */
export function broken(subject: string, cause: unknown): SluiceError {
  const details = { subject, expected: 'an answer of git', found: messageOf(cause), retryable: true, cause };
  return new SluiceError({ code: 'git-unavailable', ...details });
}
