import { SluiceError } from '../../errors.ts';
import { contentAt, fileChanges } from '../../git/wire/file-history.ts';
import type { ObjectStore } from '../../git/wire/object-store.ts';
import type { RemoteRepository } from '../../git/wire/repository.ts';
import { MemoryBudget, type Releasable } from '../../memory-budget.ts';
import { decodeText } from '../manifest-file.ts';
import { FILE_HISTORY_PAGE, FILE_HISTORY_PAGES, type FileCommit } from '../port.ts';

/** So many commits of the branch are brought, and only where these do not tell enough, so many. */
const DEPTHS = [FILE_HISTORY_PAGE, FILE_HISTORY_PAGE * FILE_HISTORY_PAGES] as const;

/** Of the content of what all repositories of this process have brought: a function of 512 MB has to hold it. */
const MAX_BYTES = 64 * 1024 * 1024;
const pastMemory = new MemoryBudget(MAX_BYTES);

/** Commits of a branch, with their files. */
interface Brought {
  readonly branch: string;
  readonly depth: number;
  readonly past: ObjectStore;
}

/** What was brought last, as the budget of memory knows it: apart, so that it keeps no repository that nobody uses. */
class KeptPast implements Releasable {
  brought: Brought | undefined;

  release(): void {
    this.brought = undefined;
  }
}

/**
 * What files were, in a repository that is asked by Git's own protocol: that knows no history of one file. What was
 * brought last is kept, as the same commits tell of all files, until other repositories need the memory.
 */
export class FileHistory {
  readonly #repository: Pick<RemoteRepository, 'fetchPast'>;
  readonly #memory: MemoryBudget;
  readonly #kept = new KeptPast();
  /** What is brought again where it had to be let go. */
  #last: Pick<Brought, 'branch' | 'depth'> | undefined;

  constructor(repository: Pick<RemoteRepository, 'fetchPast'>, memory = pastMemory) {
    this.#repository = repository;
    this.#memory = memory;
  }

  async *history(branch: string, revision: string, path: string): AsyncGenerator<FileCommit> {
    const told = new Set<string>();
    let isKnown = false;
    for (const depth of DEPTHS) {
      const past = await this.#bring(branch, revision, depth);
      for (const { revision: id, message, parents, seconds, depth: at } of fileChanges(past, revision, path)) {
        if (!told.has(id)) {
          told.add(id);
          yield { revision: id, message, parents, committedAt: seconds * 1000, depth: at };
        }
      }
      if (isWhole(past, revision)) {
        return;
      }
      isKnown = past.commit(revision) !== undefined;
    }
    if (!isKnown) {
      throw otherHistory(branch, revision);
    }
  }

  /** @throws SluiceError `git-head-moved` where the branch does not have that commit any more */
  async text(revision: string, path: string): Promise<string | undefined> {
    const last = this.#last;
    if (last === undefined) {
      return undefined;
    }
    // What was told of long ago may lie deeper than what was brought since.
    for (const depth of DEPTHS.filter((one) => one >= last.depth)) {
      const past = await this.#bring(last.branch, revision, depth);
      if (past.commit(revision) !== undefined) {
        const content = contentAt(past, revision, path);
        return content && decodeText(content);
      }
    }
    throw otherHistory(last.branch, revision);
  }

  async #bring(branch: string, revision: string, depth: number): Promise<ObjectStore> {
    const { brought } = this.#kept;
    const isThere = brought?.branch === branch && brought.depth >= depth && brought.past.commit(revision) !== undefined;
    const past = isThere ? brought.past : (await this.#repository.fetchPast(branch, depth)).past;
    const deepest = isThere ? brought.depth : depth;
    this.#kept.brought = { branch, depth: deepest, past };
    this.#last = { branch, depth: deepest };
    this.#memory.use(this.#kept, past.bytes);
    return past;
  }
}

function otherHistory(branch: string, revision: string): SluiceError {
  return new SluiceError({
    code: 'git-head-moved',
    subject: `branch ${branch}`,
    expected: `${revision} in its history`,
    found: 'another history',
    retryable: true,
  });
}

/** Is nothing left of the history behind what was brought? */
function isWhole(past: ObjectStore, revision: string): boolean {
  const seen = new Set<string>();
  const open = [revision];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const commit = seen.has(id) ? { parents: [] } : past.commit(id);
    if (commit === undefined) {
      return false;
    }
    seen.add(id);
    open.push(...commit.parents);
  }
  return true;
}
