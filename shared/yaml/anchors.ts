import { type Alias, isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml';

/** What each alias below a node stands for: the last node before it with that anchor. */
export function findAnchors(root: Node): ReadonlyMap<Alias, Node> {
  const named = new Map<string, Node>();
  const found = new Map<Alias, Node>();
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (isAlias(node)) {
      const target = named.get(node.source);
      if (target !== undefined) {
        found.set(node, target);
      }
    } else if (isNode(node)) {
      if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) {
        named.set(node.anchor, node);
      }
      // From the last, so that the first is the next: anchors count in the order of the text.
      if (isMap(node)) {
        for (const { key, value } of node.items.toReversed()) {
          waiting.push(value, key);
        }
      } else if (isSeq(node)) {
        for (const item of node.items.toReversed()) {
          waiting.push(item);
        }
      }
    }
  }
  return found;
}
