import type { RepositoryFile } from '../port.ts';

/** What is known of a regular file after it was read. */
export interface KnownFile {
  readonly blob: string;
  /** Undefined where the tree told of the file. */
  readonly lastCommit?: string | undefined;
  /** Stands in the place of a file that Git LFS keeps elsewhere. */
  readonly isPointer: boolean;
}

/** Files as they were read, and what a commit on them needs to know. */
export interface ReadFiles {
  readonly files: readonly RepositoryFile[];
  readonly known: ReadonlyMap<string, KnownFile>;
}

const MAX_GIVEN = 100;
/** A branch that was seen so lately is not looked at again before a commit. */
const FRESH_MILLIS = 1000;

/** What one client keeps of a project, so that it need not ask again. All of it may be lost at any time. */
export class RepositoryCache {
  readonly #now: () => number;
  /** What is edited next is, as a rule, what was read last. */
  #latest: { readonly revision: string; readonly known: ReadFiles['known'] } = { revision: '', known: new Map() };
  /** Revisions that the host gave of late. */
  readonly #given = new Set<string>();
  #seen = { branch: '', head: '', at: 0 };

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Remembers that the host gave a revision. */
  gave(revision: string): void {
    if (this.#given.size >= MAX_GIVEN) {
      this.#given.clear();
    }
    this.#given.add(revision);
  }

  isGiven(revision: string): boolean {
    return this.#given.has(revision);
  }

  /** Says where a branch stands now, as its history tells. */
  saw(branch: string, head: string): void {
    this.#seen = { branch, head, at: this.#now() };
  }

  /** Did the branch stand there a moment ago? */
  sawLately(branch: string, head: string): boolean {
    const { branch: seen, head: at, at: when } = this.#seen;
    return seen === branch && at === head && this.#now() - when < FRESH_MILLIS;
  }

  /** Remembers files of a revision; those of another are let go. */
  keepFiles(revision: string, known: ReadFiles['known']): void {
    const before = this.#latest.revision === revision ? this.#latest.known : [];
    this.#latest = { revision, known: new Map([...before, ...known]) };
  }

  /** The file at a path of a revision, where it was read last. */
  file(revision: string, path: string): KnownFile | undefined {
    return this.#latest.revision === revision ? this.#latest.known.get(path) : undefined;
  }
}
