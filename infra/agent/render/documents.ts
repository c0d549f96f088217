import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';
import { decode } from '../../../shared/yaml/decode.ts';
import { YAML_LIMITS, type YamlLimits } from '../../../shared/yaml/limits.ts';
import { type ParsedDocument, type ParsedText, parseYaml } from '../../../shared/yaml/parse.ts';
import { YamlError } from '../../../shared/yaml/value.ts';
import type { Manifest } from '../manifest.ts';
import { keepsVariables } from './annotations.ts';
import { dropCaPlaceholders } from './ca-placeholder.ts';
import { withGeneratedName } from './generated-name.ts';
import { saysNoObject } from './no-object.ts';
import { findNameFaults } from './object-names.ts';
import { isRecord } from './record.ts';
import { isSecretKind, looksLikeSecret, namesAny, valuesOfSecret } from './secret-values.ts';
import { isEncrypted, isStillEncrypted, staysEncrypted } from './sops.ts';
import { fillIn } from './variables.ts';

/** How the objects of a text are read. */
export interface DocumentOptions {
  /** Undefined where `${…}` is text. */
  readonly variables: ReadonlyMap<string, string> | undefined;
  /** Names of those that a Secret holds. */
  readonly secretVariables?: ReadonlySet<string> | undefined;
  readonly limits?: YamlLimits;
  /** Of objects that do not say; it is left out again of those that are in none. */
  readonly namespace?: string | undefined;
}

/** A document of a text and the objects in it. It can be sent from one thread to another. */
export interface DocumentRead {
  /** Where it begins. */
  readonly line: number;
  /** The comment above it. */
  readonly comment: string;
  readonly objects: readonly ObjectRead[];
  readonly failures: readonly ObjectFailure[];
  /** What of it is secret. */
  readonly secrets: readonly string[];
  /** SOPS encrypted it: its text, of which no object was read. */
  readonly encrypted?: string;
  /** It says nothing of being an object, and is a failure only where others of its file do. */
  readonly saysNoObject?: true;
}

interface ObjectRead {
  readonly manifest: Manifest;
  readonly line: number;
  /** A Secret, or with a variable of one. */
  readonly isSecret?: boolean;
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

/** With the limits that hold. */
type ReadingOptions = DocumentOptions & Required<Pick<DocumentOptions, 'limits'>>;
type LineAt = ParsedText['lineAt'];

function readDocument(document: ParsedDocument, options: ReadingOptions, lineAt: LineAt): DocumentRead {
  const { root, faults, comment, source } = document;
  const [fault] = faults;
  const line = lineAt(fault?.offset ?? root?.range?.[0] ?? 0);
  if (fault !== undefined) {
    const discreet = 'is not YAML';
    const reason = looksLikeSecret(source) ? withoutText(discreet) : fault.reason;
    return { line, comment, objects: [], failures: [{ line, reason, discreet }], secrets: [] };
  }
  if (root === undefined) {
    return { line, comment, objects: [], failures: [], secrets: [] };
  }
  if (saysNoObject(root)) {
    const failure = { line, reason: NO_IDENTITY, discreet: `is no object: ${NO_IDENTITY}` };
    return { line, comment, objects: [], failures: [failure], secrets: [], saysNoObject: true };
  }
  if (isEncrypted(root)) {
    return { line, comment, objects: [], failures: [], secrets: [], encrypted: source };
  }
  const reader = new ObjectReader(document, options, lineAt);
  reader.read(root);
  const { objects, failures, secrets } = reader;
  return { line, comment, objects, failures, secrets };
}

const NO_IDENTITY = 'expected apiVersion, kind and metadata.name';

class ObjectReader {
  readonly objects: ObjectRead[] = [];
  readonly failures: ObjectFailure[] = [];
  readonly secrets: string[] = [];
  /** Is the object that is being read secret? */
  #isSecret = false;
  readonly #document: ParsedDocument;
  readonly #options: ReadingOptions;
  readonly #lineAt: LineAt;

  constructor(document: ParsedDocument, options: ReadingOptions, lineAt: LineAt) {
    this.#document = document;
    this.#options = options;
    this.#lineAt = lineAt;
  }

  /** Reads an object, or each of a list. */
  read(node: Node): void {
    const { variables, secretVariables } = this.#options;
    this.#isSecret = looksLikeSecret(this.#document.source);
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
      this.#isSecret = isSecretKind(written) || namesAny(written, secretVariables);
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
      } else {
        this.#noteSecrets(written);
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

  #keep(node: Node, written: unknown): void {
    const offset = node.range?.[0] ?? 0;
    const value = isRecord(written) ? withGeneratedName(written) : written;
    this.#isSecret ||= isSecretKind(value);
    this.#noteSecrets(value);
    if (!hasIdentity(value)) {
      this.#fail(offset, NO_IDENTITY);
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
    if (!staysEncrypted(value) && isStillEncrypted(value)) {
      this.#fail(
        offset,
        'a value is still encrypted by SOPS: only objects are decrypted, not what generators and charts read',
      );
      return;
    }
    dropCaPlaceholders(value);
    const { namespace } = this.#options;
    const { metadata } = value;
    if (namespace !== undefined && isRecord(metadata)) {
      metadata['namespace'] ||= namespace;
    }
    // The names were checked above.
    const object = { manifest: value as Manifest, line: this.#lineAt(offset) };
    this.objects.push(this.#isSecret ? { ...object, isSecret: true } : object);
  }

  #noteSecrets(value: unknown): void {
    // One by one: a call takes so many arguments and no more.
    for (const secret of valuesOfSecret(value)) {
      this.secrets.push(secret);
    }
  }

  #fail(offset: number, reason: string, discreet = `is no object: ${reason}`): void {
    const told = this.#isSecret ? withoutText(discreet) : reason;
    this.failures.push({ line: this.#lineAt(offset), reason: told, discreet });
  }
}

/** What is said of a secret object: no word of its text. */
function withoutText(discreet: string): string {
  return `it ${discreet}; what stands there is not shown, because the object is secret`;
}

/** Of core kinds a list without items is empty; `kind: AllowList` in a group of its own is an object. */
const CORE_VERSION = /^v\d\w*$/;

function itemsOf(node: Node, value: unknown): readonly Node[] | undefined {
  if (!isRecord(value) || !String(value['kind']).endsWith('List')) {
    return undefined;
  }
  const items: unknown = isMap(node) ? node.get('items', true) : undefined;
  if (Array.isArray(value['items'])) {
    return isSeq(items) ? items.items.filter(isNode) : undefined;
  }
  const isEmpty = (value['items'] ?? null) === null && CORE_VERSION.test(String(value['apiVersion']));
  return isEmpty ? [] : undefined;
}

function keepsItsVariables(value: unknown): boolean {
  const metadata = isRecord(value) ? value['metadata'] : undefined;
  return isRecord(metadata) && keepsVariables(metadata);
}

function hasIdentity(value: unknown): value is Record<string, unknown> {
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
