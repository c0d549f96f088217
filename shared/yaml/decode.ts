import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar as ScalarNode, type YAMLMap } from 'yaml';
import { findAmbiguity } from './ambiguity.ts';
import { YAML_LIMITS, type YamlLimits } from './limits.ts';
import { MAX_INT64, printFloatKey } from './number.ts';
import type { ParsedDocument } from './parse.ts';
import { resolvePlain, resolveTagged, type Scalar } from './scalar.ts';
import { type Value, YamlError } from './value.ts';

/** Characters of a name that are shown. */
const SHOWN = 50;
const MERGE_TAG = 'tag:yaml.org,2002:merge';

/**
 * The value of a node as sigs.k8s.io/yaml gives it, but that a key that stands twice is a fault: with it nobody can say
 * which of the two was meant.
 *
 * @see https://github.com/kubernetes-sigs/yaml/blob/v1.6.0/yaml.go
 * @throws YamlError
 */
export function decode(document: ParsedDocument, root: Node, limits: YamlLimits = YAML_LIMITS): Value {
  return new Decoder(document, limits).value(root);
}

/** Fields of a map, and which of them its own keys set. */
interface Fields {
  readonly values: Map<string, Value>;
  readonly own: Set<string>;
}

class Decoder {
  readonly #document: ParsedDocument;
  readonly #limits: YamlLimits;
  readonly #open = new Set<Alias>();
  #count = 0;
  #byAlias = 0;
  #depth = 0;

  constructor(document: ParsedDocument, limits: YamlLimits) {
    this.#document = document;
    this.#limits = limits;
  }

  /** What is not written is null: the value of `key:`, say. */
  value(node: unknown): Value {
    if (isAlias(node)) {
      return this.#alias(node, (target) => this.value(target));
    }
    this.#enter(node);
    try {
      if (isMap(node)) {
        const fields = { values: new Map<string, Value>(), own: new Set<string>() };
        this.#map(node, fields);
        return Object.fromEntries(fields.values);
      }
      if (isSeq(node)) {
        return node.items.map((item) => this.value(item));
      }
      const { value, type } = isScalar(node) ? scalarOf(node) : ({ value: null, type: 'null' } as const);
      if (type === 'float' && !Number.isFinite(value)) {
        throw new YamlError(`expected a number that JSON has, found ${printFloatKey(value)}`, offsetOf(node));
      }
      return value;
    } finally {
      this.#depth -= 1;
    }
  }

  #map({ items }: YAMLMap, fields: Fields): void {
    for (const { key, value } of items) {
      if (isMerge(key)) {
        this.#merge(value, fields);
        continue;
      }
      const name = this.#key(key);
      if (fields.own.has(name)) {
        throw new YamlError(`the key ${JSON.stringify(name.slice(0, SHOWN))} stands twice`, offsetOf(key));
      }
      fields.own.add(name);
      fields.values.set(name, this.value(value));
    }
  }

  #key(key: unknown): string {
    const target = isAlias(key) ? this.#alias(key, (node) => node) : key;
    this.#enter(target);
    this.#depth -= 1;
    if (isScalar(target)) {
      const name = keyOf(scalarOf(target));
      if (name !== undefined) {
        return name;
      }
    }
    throw new YamlError('expected text, a number or a truth value as a key, found something else', offsetOf(key));
  }

  /** What is merged takes the place of what stands above it, and is replaced by what stands below: go-yaml v2. */
  #merge(value: unknown, fields: Fields): void {
    // Of several, the first counts most.
    const sources = isSeq(value) ? value.items.toReversed() : [value];
    for (const source of sources) {
      if (isAlias(source)) {
        this.#alias(source, (target) => this.#mergeMap(target, source, fields));
      } else {
        this.#mergeMap(source, value, fields);
      }
    }
  }

  #mergeMap(source: unknown, place: unknown, { values }: Fields): void {
    if (!isMap(source)) {
      throw new YamlError('expected a map or a list of maps to merge', offsetOf(place));
    }
    this.#enter(source);
    this.#map(source, { values, own: new Set() });
    this.#depth -= 1;
  }

  #alias<T>(alias: Alias, use: (target: Node) => T): T {
    const target = this.#document.anchors.get(alias);
    if (target === undefined) {
      throw new YamlError(`the anchor ${alias.source.slice(0, SHOWN)} is not defined above`, offsetOf(alias));
    }
    if (this.#open.has(alias)) {
      throw new YamlError(`the anchor ${alias.source.slice(0, SHOWN)} contains itself`, offsetOf(alias));
    }
    this.#enter(alias);
    this.#open.add(alias);
    try {
      return use(target);
    } finally {
      this.#open.delete(alias);
      this.#depth -= 1;
    }
  }

  /** Counts as go-yaml does, which bounds what aliases may unfold to, and refuses what could be read in two ways. */
  #enter(node: unknown): void {
    const ambiguity = findAmbiguity(node, this.#document.text);
    if (ambiguity !== undefined) {
      throw new YamlError(ambiguity, offsetOf(node));
    }
    this.#depth += 1;
    this.#count += 1;
    this.#byAlias += this.#open.size > 0 ? 1 : 0;
    const { maxDepth, maxNodes } = this.#limits;
    if (this.#byAlias > 100 && this.#count > 1000 && this.#byAlias / this.#count > allowedShare(this.#count)) {
      throw new YamlError('its aliases unfold to more than a text may hold', offsetOf(node));
    }
    if (this.#depth > 2 * maxDepth || this.#count > maxNodes) {
      const advice = this.#limits.advice?.maxNodes;
      const reason = `its aliases unfold to more than ${maxNodes} keys and values`;
      throw new YamlError(advice === undefined ? reason : `${reason}. ${advice}`, offsetOf(node));
    }
  }
}

/** `allowedAliasRatio` of go-yaml: 99 % of up to 400,000 nodes may come from aliases, 10 % of 4,000,000. */
function allowedShare(count: number): number {
  const [low, high] = [400_000, 4_000_000];
  return 0.99 - 0.89 * Math.min(1, Math.max(0, (count - low) / (high - low)));
}

function isMerge(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && (isPlain(key) || key.tag === MERGE_TAG);
}

function scalarOf(node: ScalarNode): Scalar {
  // Of a text that was parsed and not decoded all scalars are text.
  const text = typeof node.value === 'string' ? node.value : '';
  if (node.tag === undefined) {
    return isPlain(node) ? resolvePlain(text) : { type: 'str', value: text };
  }
  const found = resolveTagged(text, node.tag);
  if (found === undefined) {
    throw new YamlError(
      `${text.slice(0, SHOWN)} is no ${node.tag.replace('tag:yaml.org,2002:', '!!').slice(0, SHOWN)}`,
      offsetOf(node),
    );
  }
  return found;
}

function isPlain({ type, tag }: ScalarNode): boolean {
  return tag === undefined && (type === 'PLAIN' || type === undefined);
}

/** Undefined for what cannot be a key of JSON: null, and integers beyond int64. */
function keyOf({ type, value }: Scalar): string | undefined {
  if (type === 'float') {
    return printFloatKey(value);
  }
  return value === null || (type === 'int' && value > MAX_INT64) ? undefined : String(value);
}

function offsetOf(node: unknown): number {
  const isPlaced = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
  return isPlaced ? (node.range?.[0] ?? 0) : 0;
}
