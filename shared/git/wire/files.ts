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
 */
export function listFiles(objects: ObjectStore, tree: string, paths: readonly string[]): readonly TreeFile[] {
  const wanted = paths.map(parts);
  const list = (id: string, folder: string, depth: number, open: readonly (readonly string[])[]): TreeFile[] =>
    objects.tree(id).flatMap((line) => {
      const name = fromTreeName(line.name);
      const below = open.filter((path) => path.length <= depth || path[depth] === name);
      if (name === undefined || below.length === 0) {
        return [];
      }
      const path = folder === '' ? name : `${folder}/${name}`;
      if (line.mode === FOLDER) {
        return list(line.id, path, depth + 1, below);
      }
      return isRegular(line) && below.some(({ length }) => length <= depth + 1) ? [{ path, blob: line.id }] : [];
    });
  return list(tree, '', 0, wanted);
}

/** The paths of all that differs between two trees: files, links and submodules, those that are gone among them. */
export function changedPaths(objects: ObjectStore, from: string, to: string): readonly string[] {
  const compare = (before: string | undefined, after: string | undefined, folder: string): string[] => {
    const old = linesOf(objects, before);
    const now = linesOf(objects, after);
    return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
      const [was, is] = [old.get(key), now.get(key)];
      const name = fromTreeName(key);
      if (name === undefined || (was?.id === is?.id && was?.mode === is?.mode)) {
        return [];
      }
      const path = `${folder}${name}`;
      const isFile = [was, is].some((line) => line !== undefined && line.mode !== FOLDER);
      const folders = [was, is].map((line) => (line?.mode === FOLDER ? line.id : undefined));
      const below = folders.some((id) => id !== undefined) ? compare(folders[0], folders[1], `${path}/`) : [];
      return (isFile ? [path] : []).concat(below);
    });
  };
  return from === to ? [] : compare(from, to, '');
}

function linesOf(objects: ObjectStore, tree: string | undefined): ReadonlyMap<string, TreeLine> {
  return new Map((tree === undefined ? [] : objects.tree(tree)).map((line) => [line.name, line]));
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
