import { NOTHING_KNOWN, type Snapshot } from './api/snapshot.ts';

const MAX_TREES = 1000;
/** A watched branch, and those that pull requests are made on. */
const MAX_SNAPSHOTS = 4;
const MAX_CONTENT_BYTES = 8 * 1024 * 1024;
/**
 * A commit begins with reading the history. Within so short a time, a branch that was there still is, or somebody sets
 * it back at the very moment, as may happen between every look and the write after it.
 */
const LATELY_MILLIS = 5000;

/** What one client keeps of a repository, so that it need not ask again. All of it may be lost at any time. */
export class RepositoryCache {
  readonly #now: () => number;
  readonly #trees = new Map<string, string>();
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #contents = new Map<string, Buffer>();
  readonly #seen = new Map<string, { readonly revision: string; readonly at: number }>();
  #contentBytes = 0;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The tree of a commit; neither ever changes. */
  tree(revision: string): string | undefined {
    return this.#trees.get(revision);
  }

  keepTree(revision: string, tree: string): void {
    keepLatest(this.#trees, revision, tree, MAX_TREES);
  }

  snapshot(revision: string): Snapshot {
    return this.#snapshots.get(revision) ?? NOTHING_KNOWN;
  }

  keepSnapshot(revision: string, snapshot: Snapshot): void {
    keepLatest(this.#snapshots, revision, snapshot, MAX_SNAPSHOTS);
  }

  /** The content of a blob. */
  content(blob: string): Buffer | undefined {
    return this.#contents.get(blob);
  }

  keepContent(blob: string, content: Buffer): void {
    if (this.#contents.has(blob)) {
      return;
    }
    this.#contents.set(blob, content);
    this.#contentBytes += content.length;
    for (const [oldest, { length }] of this.#contents) {
      if (this.#contentBytes <= MAX_CONTENT_BYTES) {
        return;
      }
      this.#contents.delete(oldest);
      this.#contentBytes -= length;
    }
  }

  /** Says where a branch stands now. */
  saw(branch: string, revision: string): void {
    keepLatest(this.#seen, branch, { revision, at: this.#now() }, MAX_TREES);
  }

  /** Did the branch stand there a moment ago? */
  sawLately(branch: string, revision: string): boolean {
    const last = this.#seen.get(branch);
    return last?.revision === revision && this.#now() - last.at < LATELY_MILLIS;
  }
}

/** Keeps a value as the latest of so many. */
function keepLatest<T>(map: Map<string, T>, key: string, value: T, size: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > size && oldest !== undefined) {
    map.delete(oldest);
  }
}
