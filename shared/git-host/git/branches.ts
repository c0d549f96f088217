import { changedPaths } from '../../git/wire/files.ts';
import { TooMuchError } from '../../git/wire/limits.ts';
import type { CommitParts } from '../../git/wire/object.ts';
import type { RemoteRepository } from '../../git/wire/repository.ts';
import { type Comparison, HISTORY_DEPTH, type PastCommit } from '../port.ts';

/** What is asked of a branch. A head comes with its files. */
export class Branches {
  readonly #repository: RemoteRepository;

  constructor(repository: RemoteRepository) {
    this.#repository = repository;
  }

  async head(branch: string): Promise<string> {
    return this.#repository.fetchHead(branch);
  }

  async compare(revision: string, branch: string): Promise<Comparison> {
    const { objects } = this.#repository;
    const head = await this.head(branch);
    const [from, to] = [objects.commit(revision), objects.commit(head)];
    return { head, changed: from && to && this.#changes(from, to) };
  }

  async history(branch: string): Promise<readonly PastCommit[]> {
    const commits = await this.#repository.fetchHistory(branch, HISTORY_DEPTH);
    return commits.map(({ revision, message, seconds, parents }) => ({
      revision,
      message,
      committedAt: seconds * 1000,
      parents,
    }));
  }

  /** Undefined where they are too many to be looked for. */
  #changes(from: CommitParts, to: CommitParts): readonly string[] | undefined {
    try {
      return changedPaths(this.#repository.objects, from.tree, to.tree);
    } catch (error) {
      if (error instanceof TooMuchError) {
        return undefined;
      }
      throw error;
    }
  }
}
