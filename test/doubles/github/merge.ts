import { type Host, timestamp } from './api.ts';
import { readCommits, type Signature, writeCommit } from './commit-object.ts';
import type { Pull } from './pull.ts';
import { Refusal } from './refusal.ts';
import type { Repository } from './repository.ts';
import { refTarget } from './revisions.ts';
import { noreply, type User } from './users.ts';

/** How the commits of a branch get into another. */
export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** Whether a pull request has no conflict with its base. */
export async function isMergeable(repository: Repository, pull: Pull): Promise<boolean> {
  return (await mergedTree(repository, pull)) !== undefined;
}

/**
 * Merges a pull request and gives the new head of its base. The rules of the branch are not asked: to go by a pull
 * request is what they want.
 *
 * @throws Refusal 405 where it cannot be merged
 */
export async function mergePull(
  host: Host,
  repository: Repository,
  pull: Pull,
  { method, by, title }: { readonly method: MergeMethod; readonly by: User; readonly title?: string | undefined },
): Promise<string> {
  const { git } = repository;
  const ref = `refs/heads/${pull.base}`;
  const base = await refTarget(git, ref);
  const tree = pull.state === 'open' ? await mergedTree(repository, pull) : undefined;
  if (base === undefined || tree === undefined) {
    throw new Refusal(405, 'Pull Request is not mergeable');
  }
  const now = timestamp(host.now());
  const author = { name: by.login, email: noreply(by), date: now };
  const isMerge = method === 'merge';
  const message = isMerge
    ? `${title ?? `Merge pull request #${pull.number} from acme/${pull.branch}`}\n\n${pull.title}`
    : `${title ?? `${pull.title} (#${pull.number})`}\n`;
  const parents = isMerge ? [base, pull.headSha] : [base];
  const sha =
    method === 'rebase'
      ? await rebased(repository, base, pull.headSha, author)
      : await writeCommit(git, { tree, parents, author, committer: author, message, signature: undefined });
  if ((await git.attempt(['update-ref', ref, sha, base])).exit !== 0) {
    throw new Refusal(405, 'Base branch was modified. Review and try the merge again.');
  }
  pull.state = 'closed';
  pull.closedAt = now;
  pull.mergedAt = now;
  pull.updatedAt = now;
  pull.mergedBy = by;
  pull.mergeCommit = sha;
  return sha;
}

/** Undefined where there is a conflict. */
async function mergedTree({ git }: Repository, { base, headSha }: Pull): Promise<string | undefined> {
  const into = await refTarget(git, `refs/heads/${base}`);
  const merged = into && (await git.line(['merge-tree', '--write-tree', into, headSha]));
  return merged?.split('\n')[0];
}

/** Only for a branch that begins at the head of its base: there, the trees stay what they are. */
async function rebased({ git }: Repository, base: string, head: string, committer: Signature): Promise<string> {
  if ((await git.line(['merge-base', base, head])) !== base) {
    throw new Refusal(405, "This branch can't be rebased");
  }
  const listed = await git.run(['rev-list', '--reverse', `${base}..${head}`]);
  let parent = base;
  for (const commit of await readCommits(git, listed.toString('utf8').split('\n').filter(Boolean))) {
    parent = await writeCommit(git, { ...commit, parents: [parent], committer, signature: undefined });
  }
  return parent;
}
