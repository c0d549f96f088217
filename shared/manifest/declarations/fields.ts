import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { MAX_ITEMS } from '../limits.ts';
import { isText, textAt } from '../object-nodes.ts';
import type { Tree } from '../tree.ts';

/** Is this switch on? Anything but `false` is taken for on: what is written to hold something back is to hold it back. */
export function flagAt(node: Node | undefined, path: readonly string[], tree: Tree): boolean {
  const found = tree.at(node, path);
  const isOff = isScalar(found) && (found.value === null || found.value === false || found.value === 'false');
  return found !== undefined && !isOff;
}

/** The first of these paths where something stands that is no text, or a longer one than is read; undefined where none is. */
export function oddField(
  node: Node | undefined,
  paths: readonly (readonly string[])[],
  tree: Tree,
): string | undefined {
  const isOdd = (path: readonly string[]) => {
    const found = tree.at(node, path);
    return isWritten(found) && textAt(node, path, tree) === undefined;
  };
  return paths.find(isOdd)?.join('.');
}

/** The first of these paths where something stands that is no list of texts, or has more of them than are looked at. */
export function oddList(node: Node | undefined, paths: readonly (readonly string[])[], tree: Tree): string | undefined {
  const isOdd = (path: readonly string[]) => {
    const found = tree.at(node, path);
    return isWritten(found) && !(isSeq(found) && itemsAt(node, path, tree).length === found.items.length);
  };
  return paths.find(isOdd)?.join('.');
}

/** The same for maps of texts. */
export function oddMap(node: Node | undefined, paths: readonly (readonly string[])[], tree: Tree): string | undefined {
  const isOdd = (path: readonly string[]) => {
    const found = tree.at(node, path);
    const texts = Object.keys(textsAt(node, path, tree)).length;
    return isWritten(found) && !(isMap(found) && texts === tree.fields(found).size);
  };
  return paths.find(isOdd)?.join('.');
}

function isWritten(node: Node | undefined): node is Node {
  return node !== undefined && !(isScalar(node) && node.value === null);
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
