import { TooMuchError, TREE_LIMITS, type TreeLimits } from './limits.ts';
import { FOLDER, fromTreeName, type GitObject, objectId, type TreeLine, toTreeName, writeTree } from './object.ts';
import type { ObjectStore } from './object-store.ts';

/** A file of a tree. */
export interface TreeFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly blob: string;
}

const LINK = '120000';

/**
 * The regular files of a tree at or below these paths, each once, in the order of the tree; `''` is the root. A name
 * that is not UTF-8 is left out.
 *
 * @param other is told of what else is there: the mode of links and submodules, undefined for a name that is not UTF-8
 * @throws {@link TooMuchError} for a tree that is larger or deeper than it may be
 */
export function listFiles(
  objects: ObjectStore,
  tree: string,
  paths: readonly string[],
  { limits = TREE_LIMITS, other = () => {} }: ListOptions = {},
): readonly TreeFile[] {
  const walk = new TreeWalk(objects, limits);
  const files: TreeFile[] = [];
  const list = (id: string, folder: string, wanted: Wanted, depth: number): void => {
    for (const line of walk.lines(id, depth)) {
      const name = fromTreeName(line.name);
      const here = wanted.isWhole ? wanted : wanted.below.get(name ?? '');
      if (name === undefined && wanted.isWhole) {
        other(walk.pathOf(folder, Buffer.from(line.name, 'latin1').toString('utf8')), undefined);
      }
      if (name === undefined || here === undefined) {
        continue;
      }
      const path = walk.pathOf(folder, name);
      if (line.mode === FOLDER) {
        list(line.id, path, here, depth + 1);
      } else if (isRegular(line) && here.isWhole) {
        files.push({ path, blob: line.id });
      } else if (!isRegular(line)) {
        other(path, line.mode);
      }
    }
  };
  list(tree, '', wantedOf(paths), 0);
  return files;
}

export interface ListOptions {
  readonly limits?: TreeLimits;
  readonly other?: (path: string, mode: string | undefined) => void;
}

/** What is asked for at and below a folder. */
interface Wanted {
  /** All that is there. */
  isWhole: boolean;
  readonly below: Map<string, Wanted>;
}

function wantedOf(paths: readonly string[]): Wanted {
  const root: Wanted = { isWhole: false, below: new Map() };
  for (const path of paths) {
    let at = root;
    for (const part of parts(path)) {
      const next = at.below.get(part) ?? { isWhole: false, below: new Map<string, Wanted>() };
      at.below.set(part, next);
      at = next;
    }
    at.isWhole = true;
  }
  return root;
}

/** The paths of all that differs between two trees: files, links and submodules, those that are gone among them. */
export function changedPaths(
  objects: ObjectStore,
  from: string,
  to: string,
  limits: TreeLimits = TREE_LIMITS,
): readonly string[] {
  const walk = new TreeWalk(objects, limits);
  const paths: string[] = [];
  const compare = (before: string | undefined, after: string | undefined, folder: string, depth: number): void => {
    const [old, now] = [before, after].map((id) => byName(id === undefined ? [] : walk.lines(id, depth)));
    for (const key of new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])) {
      const [was, is] = [old?.get(key), now?.get(key)];
      const name = fromTreeName(key);
      if (name === undefined || (was?.id === is?.id && was?.mode === is?.mode)) {
        continue;
      }
      const path = walk.pathOf(folder, name);
      if ([was, is].some((line) => line !== undefined && line.mode !== FOLDER)) {
        paths.push(path);
      }
      const [wasFolder, isFolder] = [was, is].map((line) => (line?.mode === FOLDER ? line.id : undefined));
      if (wasFolder !== undefined || isFolder !== undefined) {
        compare(wasFolder, isFolder, path, depth + 1);
      }
    }
  };
  if (from !== to) {
    compare(from, to, '', 0);
  }
  return paths;
}

/** The lines of trees, within limits; a tree that is come by again is not read again. */
class TreeWalk {
  readonly #objects: ObjectStore;
  readonly #limits: TreeLimits;
  readonly #trees = new Map<string, readonly TreeLine[]>();
  #lines = 0;
  #again = 0;

  constructor(objects: ObjectStore, limits: TreeLimits) {
    this.#objects = objects;
    this.#limits = limits;
  }

  lines(tree: string, depth: number): readonly TreeLine[] {
    const { maxDepth, maxLines, maxAgain } = this.#limits;
    if (depth > maxDepth) {
      throw new TooMuchError(`at most ${maxDepth} folders within one another`);
    }
    const before = this.#trees.get(tree);
    const lines = before ?? this.#objects.tree(tree);
    this.#trees.set(tree, lines);
    // An empty folder is looked at too.
    this.#lines += 1 + lines.length;
    this.#again += before === undefined ? 0 : 1 + lines.length;
    if (this.#again > maxAgain) {
      throw new TooMuchError(`at most ${maxAgain} files and folders of which the same folder stands elsewhere`);
    }
    if (this.#lines > maxLines) {
      throw new TooMuchError(`at most ${maxLines} files and folders`);
    }
    return lines;
  }

  pathOf(folder: string, name: string): string {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (path.length > this.#limits.maxPath) {
      throw new TooMuchError(`paths of at most ${this.#limits.maxPath} characters`);
    }
    return path;
  }
}

function byName(lines: readonly TreeLine[]): ReadonlyMap<string, TreeLine> {
  return new Map(lines.map((line) => [line.name, line]));
}

function linesOf(objects: ObjectStore, tree: string | undefined): ReadonlyMap<string, TreeLine> {
  return byName(tree === undefined ? [] : objects.tree(tree));
}

/** What is at a path of a tree; undefined for nothing, or where a part of the way is no folder. */
export function lineAt(objects: ObjectStore, tree: string, path: string): TreeLine | undefined {
  const names = path.split('/').map(toTreeName);
  let line: TreeLine | undefined = { mode: FOLDER, name: '', id: tree };
  for (const name of names) {
    line = line?.mode === FOLDER ? objects.tree(line.id).find((one) => one.name === name) : undefined;
  }
  return line;
}

/** May a file be made at this path: nothing is there yet, and what is on the way are folders? */
export function isFree(objects: ObjectStore, tree: string, path: string): boolean {
  const names = path.split('/');
  const isPath = names.every((name) => !/^(\.{0,2}|\.git)$/i.test(name) && !/[\0\\]/.test(name));
  const ways = names.map((_, index) => names.slice(0, index).join('/')).slice(1);
  const isOpen = ways.every((way) => (lineAt(objects, tree, way)?.mode ?? FOLDER) === FOLDER);
  return isPath && isOpen && lineAt(objects, tree, path) === undefined;
}

/** Is it a regular file, and no link, folder or submodule? */
export function isRegular({ mode }: TreeLine): boolean {
  return mode !== LINK && mode.startsWith('100');
}

/**
 * The tree with other contents of some files; a file that was not there gets the mode `100644`.
 *
 * @returns what is new, the root first
 */
export function withEdits(
  objects: ObjectStore,
  tree: string | undefined,
  edits: ReadonlyMap<string, Buffer>,
): readonly GitObject[] {
  const lines = new Map(linesOf(objects, tree));
  const deeper = new Map<string, Map<string, Buffer>>();
  const made: GitObject[] = [];
  for (const [path, content] of edits) {
    const [first = '', ...rest] = path.split('/');
    const name = toTreeName(first);
    if (rest.length > 0) {
      deeper.set(name, (deeper.get(name) ?? new Map<string, Buffer>()).set(rest.join('/'), content));
    } else {
      const blob: GitObject = { kind: 'blob', content };
      made.push(blob);
      lines.set(name, { mode: lines.get(name)?.mode ?? '100644', name, id: objectId(blob) });
    }
  }
  for (const [name, below] of deeper) {
    const added = withEdits(objects, lines.get(name)?.id, below);
    made.push(...added);
    const [folder] = added;
    if (folder !== undefined) {
      lines.set(name, { mode: FOLDER, name, id: objectId(folder) });
    }
  }
  return [writeTree([...lines.values()]), ...made];
}

/** `./k8s/`, `/k8s` and `k8s` are the same folder; `.` is the root. */
function parts(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
