import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';
import { decode } from '../../../shared/yaml/decode.ts';
import { YAML_LIMITS, type YamlLimits } from '../../../shared/yaml/limits.ts';
import { type ParsedDocument, type ParsedText, parseYaml } from '../../../shared/yaml/parse.ts';
import { YamlError } from '../../../shared/yaml/value.ts';
import type { Manifest } from '../manifest.ts';
import { keepsVariables } from './annotations.ts';
import { findNameFaults } from './object-names.ts';
import { isRecord } from './record.ts';
import { isEncrypted, isStillEncrypted } from './sops.ts';
import { fillIn } from './variables.ts';

/** How the objects of a text are read. */
export interface DocumentOptions {
  /** Undefined where `${…}` is text. */
  readonly variables: ReadonlyMap<string, string> | undefined;
  readonly limits?: YamlLimits;
}

/** A document of a text and the objects in it. It can be sent from one thread to another. */
export interface DocumentRead {
  /** Where it begins. */
  readonly line: number;
  /** The comment above it. */
  readonly comment: string;
  readonly objects: readonly { readonly manifest: Manifest; readonly line: number }[];
  readonly failures: readonly ObjectFailure[];
  /** SOPS encrypted it: its text, of which no object was read. */
  readonly encrypted?: string;
}

/** Why an object or a document cannot be read. */
export interface ObjectFailure {
  readonly line: number;
  readonly reason: string;
  /** What is wrong without a word of the text, for what was a secret: `is not YAML`. */
  readonly discreet: string;
}

/** Reads the objects of a text: fills in variables, takes lists apart, and checks that each object can be named. */
export function readDocuments(text: string, options: DocumentOptions): readonly DocumentRead[] {
  const { limits = YAML_LIMITS } = options;
  const { documents, lineAt } = parseYaml(text, limits);
  return documents.map((document) => readDocument(document, { ...options, limits }, lineAt));
}

type LineAt = ParsedText['lineAt'];

function readDocument(document: ParsedDocument, options: Required<DocumentOptions>, lineAt: LineAt): DocumentRead {
  const { root, faults, comment, source } = document;
  const [fault] = faults;
  const line = lineAt(fault?.offset ?? root?.range?.[0] ?? 0);
  if (fault !== undefined) {
    const failure = { line, reason: fault.reason, discreet: 'is not YAML' };
    return { line, comment, objects: [], failures: [failure] };
  }
  if (root === undefined) {
    return { line, comment, objects: [], failures: [] };
  }
  if (isEncrypted(root)) {
    return { line, comment, objects: [], failures: [], encrypted: source };
  }
  const reader = new ObjectReader(document, options, lineAt);
  reader.read(root);
  return { line, comment, objects: reader.objects, failures: reader.failures };
}

class ObjectReader {
  readonly objects: { readonly manifest: Manifest; readonly line: number }[] = [];
  readonly failures: ObjectFailure[] = [];
  readonly #document: ParsedDocument;
  readonly #options: Required<DocumentOptions>;
  readonly #lineAt: LineAt;

  constructor(document: ParsedDocument, options: Required<DocumentOptions>, lineAt: LineAt) {
    this.#document = document;
    this.#options = options;
    this.#lineAt = lineAt;
  }

  /** Reads an object, or each of a list. */
  read(node: Node): void {
    const { variables } = this.#options;
    try {
      const written = this.#decode(node);
      if (written === null) {
        return;
      }
      const items = itemsOf(node, written);
      if (items !== undefined) {
        for (const item of items) {
          this.read(item);
        }
        return;
      }
      if (variables === undefined || keepsItsVariables(written)) {
        this.#keep(node, written);
        return;
      }
      const faults = fillIn(node, variables);
      for (const { reason, offset } of faults) {
        this.#fail(offset, reason, 'has a variable that cannot be filled in');
      }
      if (faults.length === 0) {
        this.#keep(node, this.#decode(node));
      }
    } catch (error) {
      if (!(error instanceof YamlError)) {
        throw error;
      }
      this.#fail(error.offset, error.reason, 'cannot be read');
    }
  }

  #decode(node: Node): unknown {
    return decode(this.#document, node, this.#options.limits);
  }

  #keep(node: Node, value: unknown): void {
    const offset = node.range?.[0] ?? 0;
    if (!hasIdentity(value)) {
      this.#fail(offset, 'expected apiVersion, kind and metadata.name');
      return;
    }
    const faults = findNameFaults(value);
    for (const { path, expected, found } of faults) {
      const field = `${path.join('.')}: expected ${expected}`;
      this.#fail(offsetOf(node, path) ?? offset, `${field}, found ${found}`, `is no object: ${field}`);
    }
    if (faults.length > 0) {
      return;
    }
    if (isStillEncrypted(value)) {
      this.#fail(
        offset,
        'a value is still encrypted by SOPS: only objects are decrypted, not what generators and charts read',
      );
      return;
    }
    // The names were checked above.
    this.objects.push({ manifest: value as Manifest, line: this.#lineAt(offset) });
  }

  #fail(offset: number, reason: string, discreet = `is no object: ${reason}`): void {
    this.failures.push({ line: this.#lineAt(offset), reason, discreet });
  }
}

function itemsOf(node: Node, value: unknown): readonly Node[] | undefined {
  if (!isRecord(value) || !String(value['kind']).endsWith('List') || !Array.isArray(value['items'])) {
    return undefined;
  }
  const items: unknown = isMap(node) ? node.get('items', true) : undefined;
  return isSeq(items) ? items.items.filter(isNode) : undefined;
}

function keepsItsVariables(value: unknown): boolean {
  const metadata = isRecord(value) ? value['metadata'] : undefined;
  return isRecord(metadata) && keepsVariables(metadata);
}

function hasIdentity(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isRecord(value) || value['apiVersion'] === undefined || value['kind'] === undefined) {
    return false;
  }
  const { metadata } = value;
  return isRecord(metadata) ? metadata['name'] !== undefined : metadata !== undefined && metadata !== null;
}

/** Where a field stands, as far as it is written and not merged. */
function offsetOf(node: Node, path: readonly string[]): number | undefined {
  let at: unknown = node;
  let found: number | undefined;
  for (const name of path) {
    const pair = isMap(at) ? at.items.find(({ key }) => isScalar(key) && key.value === name) : undefined;
    found = isScalar(pair?.key) ? pair.key.range?.[0] : found;
    at = pair?.value;
  }
  return found;
}
