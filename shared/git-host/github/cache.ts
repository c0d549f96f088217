import { NOTHING_KNOWN, type Snapshot } from './snapshot.ts';

/** What one client keeps of a repository, so that it need not ask again. All of it may be lost at any time. */
export interface Remembered {
  /** The tree of a commit; neither ever changes. */
  tree(revision: string): string | undefined;
  keepTree(revision: string, tree: string): void;
  snapshot(revision: string): Snapshot;
  keepSnapshot(revision: string, snapshot: Snapshot): void;
  /** The content of a blob. */
  content(blob: string): Buffer | undefined;
  keepContent(blob: string, content: Buffer): void;
  /** Says where a branch stands now. */
  saw(branch: string, revision: string): void;
  /** Did the branch stand there a moment ago? */
  sawLately(branch: string, revision: string): boolean;
}

const MAX_TREES = 1000;
/** A watched branch, and those that pull requests are made on. */
const MAX_SNAPSHOTS = 4;
const MAX_CONTENT_BYTES = 8 * 1024 * 1024;
/**
 * A commit begins with reading the history. Within so short a time, a branch that was there still is, or somebody sets
 * it back at the very moment, as may happen between every look and the write after it.
 */
const LATELY_MILLIS = 5000;

/** @param now milliseconds since the epoch */
export function remembered(now: () => number): Remembered {
  const trees = new Map<string, string>();
  const snapshots = new Map<string, Snapshot>();
  const contents = new Map<string, Buffer>();
  const seen = new Map<string, { readonly revision: string; readonly at: number }>();
  let contentBytes = 0;
  return {
    tree: (revision) => trees.get(revision),
    keepTree(revision, tree) {
      trees.set(revision, tree);
      dropOldest(trees, MAX_TREES);
    },
    snapshot: (revision) => snapshots.get(revision) ?? NOTHING_KNOWN,
    keepSnapshot(revision, snapshot) {
      snapshots.delete(revision);
      snapshots.set(revision, snapshot);
      dropOldest(snapshots, MAX_SNAPSHOTS);
    },
    content: (blob) => contents.get(blob),
    keepContent(blob, content) {
      if (contents.has(blob)) {
        return;
      }
      contents.set(blob, content);
      contentBytes += content.length;
      for (const [oldest, { length }] of contents) {
        if (contentBytes <= MAX_CONTENT_BYTES) {
          return;
        }
        contents.delete(oldest);
        contentBytes -= length;
      }
    },
    saw(branch, revision) {
      seen.delete(branch);
      seen.set(branch, { revision, at: now() });
      dropOldest(seen, MAX_TREES);
    },
    sawLately(branch, revision) {
      const last = seen.get(branch);
      return last?.revision === revision && now() - last.at < LATELY_MILLIS;
    },
  };
}

function dropOldest(map: Map<string, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) {
      return;
    }
    map.delete(key);
  }
}
