import { type CommitParts, type GitObject, readCommit } from './object.ts';

/** The latest commits from a head on, by when they were committed, as `git log` has them. */
export function latestCommits(
  head: string,
  objects: ReadonlyMap<string, GitObject>,
  max: number,
): readonly { readonly revision: string; readonly message: string }[] {
  const found: { revision: string; message: string }[] = [];
  const seen = new Set<string>();
  const next: (CommitParts & { readonly revision: string })[] = [];
  const reach = (revision: string) => {
    const object = objects.get(revision);
    if (object?.kind === 'commit' && !seen.has(revision)) {
      seen.add(revision);
      const parts = readCommit(object.content);
      // Behind those of the same second that were found before.
      const place = next.findIndex(({ seconds }) => seconds < parts.seconds);
      next.splice(place < 0 ? next.length : place, 0, { ...parts, revision });
    }
  };
  reach(head);
  for (let latest = next.shift(); latest !== undefined && found.length < max; latest = next.shift()) {
    found.push({ revision: latest.revision, message: latest.message });
    latest.parents.forEach(reach);
  }
  return found;
}
