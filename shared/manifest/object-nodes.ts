import { isScalar, type Node, type Scalar } from 'yaml';
import { MAX_NAME } from './limits.ts';
import type { Tree } from './tree.ts';

/** An object in its document. */
export interface ObjectNode {
  readonly node: Node;
  /** `items[0].`, empty for the document itself. */
  readonly prefix: string;
}

/** The objects of a document, those inside a `List` too. */
export function objectNodes(tree: Tree): readonly ObjectNode[] {
  return nodesBelow(tree.root, '', tree, new Set());
}

/** @param seen lists that were opened: one that an alias names again, perhaps inside itself, holds nothing new */
function nodesBelow(node: Node | undefined, prefix: string, tree: Tree, seen: Set<Node>): readonly ObjectNode[] {
  if (node === undefined || seen.has(node)) {
    return [];
  }
  seen.add(node);
  return textAt(node, ['kind'], tree)?.endsWith('List') === true
    ? tree
        .items(tree.at(node, ['items']))
        .flatMap((item, index) => nodesBelow(item, `${prefix}items[${index}].`, tree, seen))
    : [{ node, prefix }];
}

/** The text at the end of a path of field names; undefined for what is none, or longer than any name. */
export function textAt(node: Node | undefined, path: readonly string[], tree: Tree): string | undefined {
  const found = tree.at(node, path);
  return isText(found) && found.value.length <= MAX_NAME ? found.value : undefined;
}

/** Is this a scalar that reads as text, and not as a number, a switch or null? */
export function isText(node: Node | undefined): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string';
}
