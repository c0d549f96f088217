import { SluiceError } from '../../errors.ts';

/** Is this a whole commit id? GitLab would take the name of a branch too, and an expression. */
export function isRevision(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}

/** @throws SluiceError `git-not-found` for what no head can have given */
export function requireRevision(subject: string, text: string): void {
  if (!isRevision(text)) {
    throw new SluiceError({ code: 'git-not-found', subject, expected: 'a commit id', found: JSON.stringify(text) });
  }
}
