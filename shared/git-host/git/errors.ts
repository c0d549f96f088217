import { SluiceError } from '../../errors.ts';

/** The error for a write that is not to be made. */
export function refused(subject: string, expected: string, found: string): SluiceError {
  return new SluiceError({ code: 'git-refused', subject, expected, found });
}

/** The error for a revision that no branch gave. */
export function noRevision(revision: string): SluiceError {
  return new SluiceError({
    code: 'git-not-found',
    subject: 'revision',
    expected: 'a commit that was the head of a branch',
    found: JSON.stringify(revision),
  });
}
