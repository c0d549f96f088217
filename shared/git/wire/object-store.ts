import { type CommitParts, FOLDER, type GitObject, readCommit, readTree, type TreeLine } from './object.ts';

/** Objects of one repository in memory: a cache that ends with the process. */
export interface ObjectStore {
  /** What they take, in bytes. */
  readonly bytes: number;
  has(id: string): boolean;
  /** Undefined where it is not here. */
  object(id: string): GitObject | undefined;
  add(objects: Iterable<readonly [string, GitObject]>): void;
  /** Undefined where it is not here. */
  commit(id: string): CommitParts | undefined;
  /** @throws Error where it is not here, which no host may do to a commit that it sent */
  tree(id: string): readonly TreeLine[];
  /** Undefined where it was larger than is of use. */
  blob(id: string): Buffer | undefined;
  /** Forgets what these commits do not hold. */
  keep(commits: Iterable<string>): void;
}

/** @param maxBlobBytes the content of larger files is let go */
export function objectStore(maxBlobBytes: number): ObjectStore {
  let objects = new Map<string, GitObject>();
  let bytes = 0;
  const add = (more: Iterable<readonly [string, GitObject]>) => {
    for (const [id, object] of more) {
      const isOfUse = object.kind !== 'blob' || object.content.length <= maxBlobBytes;
      if (isOfUse && !objects.has(id)) {
        objects.set(id, object);
        bytes += object.content.length;
      }
    }
  };
  const find = (id: string, kind: GitObject['kind']) => {
    const object = objects.get(id);
    return object?.kind === kind ? object.content : undefined;
  };
  const commit = (id: string) => {
    const content = find(id, 'commit');
    return content && readCommit(content);
  };
  const tree = (id: string) => {
    const content = find(id, 'tree');
    if (content === undefined) {
      throw new Error(`a commit without its tree ${id}`);
    }
    return readTree(content);
  };
  return {
    get bytes() {
      return bytes;
    },
    has: (id) => objects.has(id),
    object: (id) => objects.get(id),
    add,
    commit,
    tree,
    blob: (id) => find(id, 'blob'),
    keep(commits) {
      const reached = new Map<string, GitObject>();
      const trees: string[] = [];
      const reach = (id: string, isTree: boolean): void => {
        const object = objects.get(id);
        if (object !== undefined && !reached.has(id)) {
          reached.set(id, object);
          trees.push(...(isTree ? [id] : []));
        }
      };
      for (const id of commits) {
        const parts = commit(id);
        if (parts !== undefined) {
          reach(id, false);
          reach(parts.tree, true);
        }
      }
      // Not by recursion: nobody promises how deep folders are.
      for (let next = trees.pop(); next !== undefined; next = trees.pop()) {
        for (const line of tree(next)) {
          reach(line.id, line.mode === FOLDER);
        }
      }
      objects = new Map();
      bytes = 0;
      add(reached);
    },
  };
}
