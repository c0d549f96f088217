import { SluiceError } from '../errors.ts';
import { contentAt, fileChanges } from '../git/wire/file-history.ts';
import type { ObjectStore } from '../git/wire/object-store.ts';
import type { RemoteRepository } from '../git/wire/repository.ts';
import { decodeText } from './manifest-file.ts';
import { FILE_HISTORY_PAGE, FILE_HISTORY_PAGES, type FileCommit } from './port.ts';

/** So many commits of the branch are brought, and only where these do not tell enough, so many. */
const DEPTHS = [FILE_HISTORY_PAGE, FILE_HISTORY_PAGE * FILE_HISTORY_PAGES] as const;

/** What files were, in a repository that is asked by Git's own protocol: that knows no history of one file. */
export class FilePast {
  readonly #repository: Pick<RemoteRepository, 'fetchPast'>;
  /** What was brought last: the same commits tell of all files. */
  #brought: { readonly branch: string; readonly depth: number; readonly past: ObjectStore } | undefined;

  constructor(repository: Pick<RemoteRepository, 'fetchPast'>) {
    this.#repository = repository;
  }

  async *history(branch: string, revision: string, path: string): AsyncGenerator<FileCommit> {
    const told = new Set<string>();
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
    }
    if (this.#brought?.past.commit(revision) === undefined) {
      throw new SluiceError({
        code: 'git-head-moved',
        subject: `branch ${branch}`,
        expected: `${revision} in its history`,
        found: 'another history',
        retryable: true,
      });
    }
  }

  text(revision: string, path: string): string | undefined {
    const content = this.#brought && contentAt(this.#brought.past, revision, path);
    return content && decodeText(content);
  }

  async #bring(branch: string, revision: string, depth: number): Promise<ObjectStore> {
    const brought = this.#brought;
    if (brought?.branch === branch && brought.depth >= depth && brought.past.commit(revision) !== undefined) {
      return brought.past;
    }
    const { past } = await this.#repository.fetchPast(branch, depth);
    this.#brought = { branch, depth, past };
    return past;
  }
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
