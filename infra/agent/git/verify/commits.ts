import type { Mirror } from '../mirror.ts';
import type { Keyring } from './keyring.ts';

/** A commit among others. */
export interface Commit {
  readonly commit: string;
  readonly parents: readonly string[];
}

/** A commit, and what its signature is worth. */
export interface CheckedCommit extends Commit {
  /** Why it cannot be trusted; undefined where it is well signed by a known key. */
  readonly fault: string | undefined;
}

/** One call of git checks so many signatures, each of which starts a process. */
const BATCH = 50;

/** What git says of a signature: https://git-scm.com/docs/git-log#Documentation/git-log.txt-G */
const FAULTS: Readonly<Record<string, (key: string) => string>> = {
  N: () => 'it is not signed',
  B: () => 'its signature is bad: it is not what was signed',
  U: (key) => `it is signed by ${key}, which is not among the keys`,
  E: (key) => `it is signed by ${key}, which is not among the keys`,
  X: (key) => `the signature of ${key} has expired`,
  Y: (key) => `the key ${key} has expired`,
  R: (key) => `the key ${key} was revoked`,
};

/** The commits that `head` has and `since` does not, parents first; `head` is one of them in any case. */
export async function commitsSince(mirror: Mirror, head: string, since: string): Promise<readonly Commit[]> {
  const range = ['--topo-order', '--reverse', '--parents', head, `^${since}`];
  const lines = (await mirror.local(['rev-list', ...range])).toString('utf8').split('\n').filter(Boolean);
  const commits = lines.map((line): Commit => {
    const [commit = '', ...parents] = line.split(' ');
    return { commit, parents };
  });
  return commits.some(({ commit }) => commit === head) ? commits : [...commits, { commit: head, parents: [] }];
}

/** Checks the signatures of commits by git's own means. @throws SluiceError `git-…` */
export async function checkCommits(
  mirror: Mirror,
  commits: readonly string[],
  keyring: Keyring,
): Promise<readonly CheckedCommit[]> {
  const checked: CheckedCommit[] = [];
  for (let at = 0; at < commits.length; at += BATCH) {
    checked.push(...(await checkBatch(mirror, commits.slice(at, at + BATCH), keyring)));
  }
  return checked;
}

async function checkBatch(
  mirror: Mirror,
  commits: readonly string[],
  { switches, environment }: Keyring,
): Promise<readonly CheckedCommit[]> {
  const format = '--format=%H%x1f%P%x1f%G?%x1f%GK';
  const command = [...switches, 'log', '-z', '--no-walk=unsorted', '--stdin', format];
  const output = await mirror.local(command, { input: `${commits.join('\n')}\n`, environment });
  return output
    .toString('utf8')
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const [commit = '', parents = '', verdict = '', key = ''] = line.split('\u001f');
      return {
        commit,
        parents: parents.split(' ').filter(Boolean),
        fault: verdict === 'G' ? undefined : (FAULTS[verdict] ?? FAULTS['E'])?.(key || 'a key that git cannot read'),
      };
    });
}
