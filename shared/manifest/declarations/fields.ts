import { isScalar, type Node } from 'yaml';
import { MAX_ITEMS } from '../limits.ts';
import { isText } from '../object-nodes.ts';
import type { Tree } from '../tree.ts';

/** Is this switch on? Any text but `false` is taken for on: what is written to hold something back is to hold it back. */
export function flagAt(node: Node | undefined, path: readonly string[], tree: Tree): boolean {
  const found = tree.at(node, path);
  return isScalar(found) && found.value !== null && found.value !== false && found.value !== 'false';
}

/** The texts of a list, as many as are looked at. */
export function itemsAt(node: Node | undefined, path: readonly string[], tree: Tree): readonly string[] {
  return tree
    .items(tree.at(node, path))
    .slice(0, MAX_ITEMS)
    .flatMap((item) => (isText(item) ? [item.value] : []));
}
