import { type CommitParts, FOLDER, type GitObject, readCommit, readTree, type TreeLine } from './object.ts';

/** Objects of one repository in memory: a cache that ends with the process. */
export class ObjectStore {
  readonly #maxBlobBytes: number;
  #objects = new Map<string, GitObject>();
  #bytes = 0;

  /** @param maxBlobBytes the content of larger files is let go */
  constructor(maxBlobBytes: number) {
    this.#maxBlobBytes = maxBlobBytes;
  }

  /** What they take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: string): boolean {
    return this.#objects.has(id);
  }

  /** Undefined where it is not here. */
  object(id: string): GitObject | undefined {
    return this.#objects.get(id);
  }

  add(objects: Iterable<readonly [string, GitObject]>): void {
    for (const [id, object] of objects) {
      const isOfUse = object.kind !== 'blob' || object.content.length <= this.#maxBlobBytes;
      if (isOfUse && !this.#objects.has(id)) {
        this.#objects.set(id, object);
        this.#bytes += object.content.length;
      }
    }
  }

  /** Undefined where it is not here. */
  commit(id: string): CommitParts | undefined {
    const content = this.#find(id, 'commit');
    return content && readCommit(content);
  }

  /** @throws Error where it is not here, which no host may do to a commit that it sent */
  tree(id: string): readonly TreeLine[] {
    const content = this.#find(id, 'tree');
    if (content === undefined) {
      throw new Error(`a commit without its tree ${id}`);
    }
    return readTree(content);
  }

  /** Undefined where it was larger than is of use. */
  blob(id: string): Buffer | undefined {
    return this.#find(id, 'blob');
  }

  /** Forgets what these commits do not hold. */
  keep(commits: Iterable<string>): void {
    const reached = this.#reachedFrom(commits);
    this.#objects = new Map();
    this.#bytes = 0;
    this.add(reached);
  }

  #reachedFrom(commits: Iterable<string>): ReadonlyMap<string, GitObject> {
    const reached = new Map<string, GitObject>();
    const trees: string[] = [];
    const reach = (id: string, isTree: boolean): void => {
      const object = this.#objects.get(id);
      if (object !== undefined && !reached.has(id)) {
        reached.set(id, object);
        trees.push(...(isTree ? [id] : []));
      }
    };
    for (const id of commits) {
      const parts = this.commit(id);
      if (parts !== undefined) {
        reach(id, false);
        reach(parts.tree, true);
      }
    }
    // Not by recursion: nobody promises how deep folders are.
    for (let next = trees.pop(); next !== undefined; next = trees.pop()) {
      for (const line of this.tree(next)) {
        reach(line.id, line.mode === FOLDER);
      }
    }
    return reached;
  }

  #find(id: string, kind: GitObject['kind']): Buffer | undefined {
    const object = this.#objects.get(id);
    return object?.kind === kind ? object.content : undefined;
  }
}
