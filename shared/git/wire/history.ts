import { type CommitParts, type GitObject, readCommit } from './object.ts';

/** The latest commits from a head on, by when they were committed, as `git log` has them. */
export function latestCommits(
  head: string,
  objects: ReadonlyMap<string, GitObject>,
  max: number,
): readonly (CommitParts & { readonly revision: string })[] {
  const found: (CommitParts & { readonly revision: string })[] = [];
  const seen = new Set<string>();
  const open: (CommitParts & { readonly revision: string })[] = [];
  const reach = (revision: string) => {
    const object = objects.get(revision);
    if (object?.kind === 'commit' && !seen.has(revision)) {
      seen.add(revision);
      open.push({ ...readCommit(object.content), revision });
    }
  };
  reach(head);
  while (open.length > 0 && found.length < max) {
    // Of those of the same second, the one that was found first.
    const latest = open.reduce((best, { seconds }, index) => (seconds > (open[best]?.seconds ?? 0) ? index : best), 0);
    for (const commit of open.splice(latest, 1)) {
      found.push(commit);
      commit.parents.forEach(reach);
    }
  }
  return found;
}
