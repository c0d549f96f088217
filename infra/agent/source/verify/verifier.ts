import { isSluiceError, SluiceError } from '../../../../shared/errors.ts';
import type { Mirror } from '../../../../shared/git/mirror.ts';
import { type Choice, chooseRevision } from './choose.ts';
import { checkCommits, commitsSince } from './commits.ts';
import { type Keyring, openKeyring } from './keyring.ts';

/** Finds the revision of a branch that may be applied. @throws SluiceError `git-…`, `config-invalid` */
export type Verifier = (branch: string) => Promise<Choice & { readonly head: string }>;

export interface VerifierOptions {
  readonly mirror: Mirror;
  /** `head`: of the head alone; `all`: of all that came since a revision was applied. */
  readonly mode: 'head' | 'all';
  /** The folder of the keys. */
  readonly keys: string;
  /** Where they are kept for git. */
  readonly home: string;
  /** The revision that was applied before this process was there. */
  readonly lastApplied: () => Promise<string | undefined>;
}

/** A verifier that begins with what was applied last. Where nothing was, there is but the head to look at. */
export function openVerifier({ mirror, mode, keys, home, lastApplied }: VerifierOptions): Verifier {
  /** The revision whose history is known, and the one to stay at while nothing better comes. */
  let known: { readonly since: string | undefined; readonly stay: string | undefined } | undefined;
  /** The head that was found good, and by which keys. */
  let good: { readonly head: string; readonly keys: string } | undefined;

  const begin = async (keyring: Keyring) => {
    const since = await lastApplied();
    if (since === undefined || !(await isAtHost(since))) {
      return { since, stay: undefined };
    }
    // It may be from before signatures were asked for.
    const [checked] = await checkCommits(mirror, [since], keyring);
    return { since, stay: checked?.fault === undefined ? since : undefined };
  };
  const isAtHost = async (revision: string) => {
    try {
      await mirror.fetchRevision(revision);
      return true;
    } catch (error) {
      if (isSluiceError(error, 'git-not-found')) {
        return false;
      }
      throw error;
    }
  };
  const fetchHead = async (branch: string, since: string | undefined) => {
    if (mode === 'head' || since === undefined) {
      return mirror.fetchHead(branch);
    }
    if (!(await isAtHost(since))) {
      throw historyLost(branch, since);
    }
    return mirror.fetchHead(branch, since);
  };

  return async (branch) => {
    const keyring = await openKeyring(keys, home);
    known ??= await begin(keyring);
    const { since, stay } = known;
    const head = await fetchHead(branch, since);
    if (good?.head === head && good.keys === keyring.id) {
      return { head, commit: head, refused: [] };
    }
    const commits = mode === 'all' ? await commitsSince(mirror, head, since) : [head];
    const choice = chooseRevision(await checkCommits(mirror, commits, keyring), head, stay);
    if (choice.commit !== undefined) {
      known = { since: choice.commit, stay: choice.commit };
    }
    // What is refused is looked at each time: a program may have failed.
    good = choice.refused.length === 0 ? { head, keys: keyring.id } : undefined;
    return { head, ...choice };
  };
}

function historyLost(branch: string, since: string): SluiceError {
  return new SluiceError({
    code: 'git-unverified',
    subject: `branch ${branch}`,
    expected: `the history since ${since}, which was applied last`,
    found: 'a host that no longer has that commit',
    next: 'The branch was rewritten: check it, then start the agent with --verify head until it has applied it.',
  });
}
