import { isRegular, lineAt } from './files.ts';
import type { CommitParts } from './object.ts';
import type { ObjectStore } from './object-store.ts';

/** A commit that changed a file. */
export interface FileChange extends CommitParts {
  readonly revision: string;
  /** How many commits were looked through to come by it. */
  readonly depth: number;
}

interface OpenCommit extends CommitParts {
  readonly revision: string;
}

/**
 * The commits that changed a file, from a revision on, the newest first, as `git log -- PATH` has them: of a merge only
 * the line is followed that the file came from, where there is one. It ends where the objects do.
 *
 * @see https://git-scm.com/docs/git-log#_history_simplification
 */
export function* fileChanges(objects: ObjectStore, revision: string, path: string): Generator<FileChange> {
  const seen = new Set<string>();
  const open: OpenCommit[] = [];
  let depth = 0;
  const reach = (id: string) => {
    const parts = seen.has(id) ? undefined : objects.commit(id);
    seen.add(id);
    if (parts !== undefined) {
      open.push({ ...parts, revision: id });
    }
  };
  const fileOf = (id: string) => {
    const tree = objects.commit(id)?.tree;
    const line = tree === undefined ? undefined : lineAt(objects, tree, path);
    return `${line?.mode} ${line?.id}`;
  };
  reach(revision);
  while (open.length > 0) {
    // Of those of the same second, the one that was found first.
    const latest = open.reduce((best, { seconds }, index) => (seconds > (open[best]?.seconds ?? 0) ? index : best), 0);
    for (const commit of open.splice(latest, 1)) {
      depth += 1;
      // What is behind the last commit here is not known: that one may have changed nothing.
      const isWhole = commit.parents.every((parent) => objects.commit(parent) !== undefined);
      const file = fileOf(commit.revision);
      const same = commit.parents.find((parent) => isWhole && fileOf(parent) === file);
      if (same !== undefined) {
        reach(same);
      } else if (isWhole) {
        yield* commit.parents.length > 0 || !file.startsWith('undefined') ? [{ ...commit, depth }] : [];
        commit.parents.forEach(reach);
      }
    }
  }
}

/** The content of a regular file at a commit; undefined where there is none. */
export function contentAt(objects: ObjectStore, revision: string, path: string): Buffer | undefined {
  const tree = objects.commit(revision)?.tree;
  const line = tree === undefined ? undefined : lineAt(objects, tree, path);
  return line !== undefined && isRegular(line) ? objects.blob(line.id) : undefined;
}
