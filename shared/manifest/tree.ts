import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml';
import { MAX_DEPTH, MAX_UNFOLDED, ManifestLimitError } from './limits.ts';

/** The fields of a map by name. A field without a value is there as undefined or as the scalar null. */
export type Fields = ReadonlyMap<string, Node | undefined>;

/**
 * Reads a document that has no errors as Kubernetes would see it, while the nodes keep their places in the text. An
 * alias that leads nowhere stays one. Aliases are looked up once and the fields of each map are gathered once, so that
 * no nesting of aliases takes more than its text does; what maps merge in and lists hold is counted.
 */
export class Tree {
  readonly #document: Document;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #known = new Map<Node, Fields>();
  #unfolded = 0;
  #depth = 0;

  constructor(document: Document) {
    this.#document = document;
    this.#targets = targetsOf(document);
  }

  /** The document's own node; undefined where it is empty. */
  get root(): Node | undefined {
    return this.#resolve(this.#document.contents);
  }

  /** The fields of a map with those it merges in (`<<: *base`); none of what is no map. The last of equal keys counts. */
  fields(node: Node | undefined): Fields {
    if (!isMap(node)) {
      return new Map();
    }
    const before = this.#known.get(node);
    if (before !== undefined) {
      return before;
    }
    const own = new Map<string, Node | undefined>();
    // Known before it is whole: a map that merges itself in ends here.
    this.#known.set(node, own);
    this.#mergeInto(own, node);
    for (const pair of node.items) {
      if (isScalar(pair.key) && typeof pair.key.value === 'string' && !isMerge(pair)) {
        own.set(pair.key.value, this.#resolve(pair.value));
      }
    }
    return own;
  }

  /** The items of a sequence; none of what is no sequence. */
  items(node: Node | undefined): readonly (Node | undefined)[] {
    if (!isSeq(node)) {
      return [];
    }
    this.#unfold(node.items.length);
    return node.items.map((item) => this.#resolve(item));
  }

  /** What stands at the end of a path of field names. */
  at(node: Node | undefined, path: readonly string[]): Node | undefined {
    return path.reduce((inner, key) => this.fields(inner).get(key), node);
  }

  #mergeInto(own: Map<string, Node | undefined>, node: YAMLMap): void {
    const merged = node.items.filter(isMerge).map((pair) => this.#resolve(pair.value));
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw new ManifestLimitError(`more than ${MAX_DEPTH} lists and maps within one another`);
    }
    // Of several sources the first one counts, so it is written last. https://yaml.org/type/merge.html
    const sources = merged.flatMap((source) => (isSeq(source) ? this.items(source) : [source])).toReversed();
    for (const source of sources) {
      for (const [key, value] of this.fields(source)) {
        this.#unfold(1);
        own.set(key, value);
      }
    }
    this.#depth -= 1;
  }

  #resolve(node: unknown): Node | undefined {
    return isAlias(node) ? (this.#targets.get(node) ?? node) : ((node ?? undefined) as Node | undefined);
  }

  #unfold(count: number): void {
    this.#unfolded += count;
    if (this.#unfolded > MAX_UNFOLDED) {
      throw new ManifestLimitError(`aliases or lists that unfold to more than ${MAX_UNFOLDED} fields and items`);
    }
  }
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
