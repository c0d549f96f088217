import { isScalar, type Node } from 'yaml';
import { MAX_ITEMS } from '../limits.ts';
import { isText, textAt } from '../object-nodes.ts';
import type { Tree } from '../tree.ts';

/** Is this switch on? Any text but `false` is taken for on: what is written to hold something back is to hold it back. */
export function flagAt(node: Node | undefined, path: readonly string[], tree: Tree): boolean {
  const found = tree.at(node, path);
  return isScalar(found) && found.value !== null && found.value !== false && found.value !== 'false';
}

/** The first of these paths where something stands that is no text, or a longer one than is read; undefined where none is. */
export function oddField(
  node: Node | undefined,
  paths: readonly (readonly string[])[],
  tree: Tree,
): string | undefined {
  const isOdd = (path: readonly string[]) => {
    const found = tree.at(node, path);
    return found !== undefined && !(isScalar(found) && found.value === null) && textAt(node, path, tree) === undefined;
  };
  return paths.find(isOdd)?.join('.');
}

/** The texts of a list, as many as are looked at. */
export function itemsAt(node: Node | undefined, path: readonly string[], tree: Tree): readonly string[] {
  return tree
    .items(tree.at(node, path))
    .slice(0, MAX_ITEMS)
    .flatMap((item) => (isText(item) ? [item.value] : []));
}

/** The fields of a map that are text, as many as are looked at. */
export function textsAt(node: Node | undefined, path: readonly string[], tree: Tree): Readonly<Record<string, string>> {
  const fields = [...tree.fields(tree.at(node, path))].slice(0, MAX_ITEMS);
  return Object.fromEntries(fields.flatMap(([name, value]) => (isText(value) ? [[name, value.value]] : [])));
}
