import type { PastCommit } from '../git-host/port.ts';

/** Was a commit made on another, or on one that was, and so on? As far as these commits tell. */
export function isAncestor(ancestor: string, of: string, commits: readonly PastCommit[]): boolean {
  const parents = new Map(commits.map((commit) => [commit.revision, commit.parents]));
  const reached = new Set([of]);
  // A set is gone through to what is added meanwhile.
  for (const revision of reached) {
    for (const parent of parents.get(revision) ?? []) {
      if (parent === ancestor) {
        return true;
      }
      reached.add(parent);
    }
  }
  return false;
}
