import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, visit } from 'yaml';
import { MAX_DEPTH, MAX_UNFOLDED, ManifestLimitError } from './limits.ts';

/** The fields of a map by name. A field without a value is there as undefined or as the scalar null. */
export type Fields = ReadonlyMap<string, Node | undefined>;

/** Reads a document as Kubernetes would see it, while the nodes keep their places in the text. */
export interface Tree {
  /** The document's own node; undefined where it is empty. */
  readonly root: Node | undefined;
  /** The fields of a map with those it merges in (`<<: *base`); none of what is no map. The last of equal keys counts. */
  fields(node: Node | undefined): Fields;
  /** The items of a sequence; none of what is no sequence. */
  items(node: Node | undefined): readonly (Node | undefined)[];
  /** What stands at the end of a path of field names. */
  at(node: Node | undefined, path: readonly string[]): Node | undefined;
}

/**
 * Opens a document that has no errors. An alias that leads nowhere stays one. Aliases are looked up once and the fields of each map are gathered once, so
 * that no nesting of aliases takes more than its text does; what maps merge in and lists hold is counted.
 */
export function treeOf(document: Document): Tree {
  const targets = targetsOf(document);
  const known = new Map<Node, Fields>();
  const resolve = (node: unknown): Node | undefined =>
    isAlias(node) ? (targets.get(node) ?? node) : ((node ?? undefined) as Node | undefined);
  let unfolded = 0;
  let depth = 0;
  const unfold = (count: number) => {
    unfolded += count;
    if (unfolded > MAX_UNFOLDED) {
      throw new ManifestLimitError(`aliases or lists that unfold to more than ${MAX_UNFOLDED} fields and items`);
    }
  };
  const items = (node: Node | undefined) => {
    if (!isSeq(node)) {
      return [];
    }
    unfold(node.items.length);
    return node.items.map(resolve);
  };

  const fields = (node: Node | undefined): Fields => {
    if (!isMap(node)) {
      return new Map();
    }
    const before = known.get(node);
    if (before !== undefined) {
      return before;
    }
    const own = new Map<string, Node | undefined>();
    // Known before it is whole: a map that merges itself in ends here.
    known.set(node, own);
    const merged = node.items.filter(isMerge).map((pair) => resolve(pair.value));
    depth += 1;
    if (depth > MAX_DEPTH) {
      throw new ManifestLimitError(`more than ${MAX_DEPTH} lists and maps within one another`);
    }
    // Of several sources the first one counts, so it is written last. https://yaml.org/type/merge.html
    const sources = merged.flatMap((source) => (isSeq(source) ? items(source) : [source])).toReversed();
    for (const source of sources) {
      for (const [key, value] of fields(source)) {
        unfold(1);
        own.set(key, value);
      }
    }
    depth -= 1;
    for (const pair of node.items) {
      if (isScalar(pair.key) && typeof pair.key.value === 'string' && !isMerge(pair)) {
        own.set(pair.key.value, resolve(pair.value));
      }
    }
    return own;
  };

  return {
    root: resolve(document.contents),
    fields,
    items,
    at: (node, path) => path.reduce((inner, key) => fields(inner).get(key), node),
  };
}

/** What each alias stands for: the last node before it with that anchor. */
function targetsOf(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) {
          targets.set(node, target);
        }
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

/** A quoted `"<<"` is a key like any other. */
function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}
