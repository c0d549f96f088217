import { decode } from '../../../shared/yaml/decode.ts';
import { YAML_LIMITS } from '../../../shared/yaml/limits.ts';
import { parseYaml } from '../../../shared/yaml/parse.ts';
import { isRecord } from './record.ts';

/** What each value begins with that SOPS encrypted: https://getsops.io/docs/#encryption-protocol */
const ENCRYPTED_VALUE = 'ENC[';
/** Of a Secret the fields that are secret: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
const NO_NAMES: ReadonlySet<string> = new Set();
const SECRET_FIELDS = ['data', 'stringData'];

/** Is it a Secret, whatever else is wrong with it? */
export function isSecretKind(value: unknown): boolean {
  return isRecord(value) && value['kind'] === 'Secret';
}

/** Does a text that cannot be parsed look like a Secret's? */
export function looksLikeSecret(text: string): boolean {
  return /["']?kind["']?\s*:\s*["']?Secret\b/.test(text);
}

/** The values of a Secret, those in base64 decoded too; none of any other object. */
export function valuesOfSecret(value: unknown): readonly string[] {
  if (!isSecretKind(value) || !isRecord(value)) {
    return [];
  }
  const texts = SECRET_FIELDS.flatMap((field) => leavesOf(value[field]));
  return [...texts, ...texts.flatMap(decoded)];
}

/**
 * What SOPS decrypted of a text: the values in clear where an encrypted one stands, and those that have no place in it.
 * All of a document that cannot be read as it was.
 */
export function decryptedValues(locked: string, clear: string): readonly string[] {
  const before = documentsOf(locked);
  return documentsOf(clear).flatMap((value, index) => valuesInClear(before[index], value));
}

/** The value of each document; undefined where it cannot be read. */
export function documentsOf(text: string): readonly unknown[] {
  return parseYaml(text, YAML_LIMITS).documents.map((document) => {
    try {
      return document.root && decode(document, document.root, YAML_LIMITS);
    } catch {
      return undefined;
    }
  });
}

function valuesInClear(locked: unknown, clear: unknown): readonly string[] {
  if (typeof locked === 'string' && locked.startsWith(ENCRYPTED_VALUE)) {
    return leavesOf(clear);
  }
  if (Array.isArray(clear)) {
    return clear.flatMap((item, index) => valuesInClear(Array.isArray(locked) ? locked[index] : undefined, item));
  }
  if (isRecord(clear)) {
    const part = (name: string) => (isRecord(locked) ? locked[name] : undefined);
    return Object.entries(clear).flatMap(([name, value]) => valuesInClear(part(name), value));
  }
  return locked === undefined ? leavesOf(clear) : [];
}

/** Is one of these variables named in an object, in its keys or values, as `${NAME}`? */
export function namesAny(value: unknown, variables: ReadonlySet<string> = NO_NAMES): boolean {
  if (typeof value === 'object' && value !== null && variables.size > 0) {
    return Object.entries(value).some(([name, one]) => namesAny(name, variables) || namesAny(one, variables));
  }
  return typeof value === 'string' && [...value.matchAll(REFERENCE)].some(([, name = '']) => variables.has(name));
}

const REFERENCE = /\$\{\s*([A-Za-z_]\w*)/g;

/** All that is no list and no map in a value, as text. */
function leavesOf(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).flatMap(leavesOf);
  }
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  return isText ? [String(value)] : [];
}

/** What a base64 text holds, where that is text. */
function decoded(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'base64');
  const inside = bytes.toString('utf8');
  return Buffer.from(inside).equals(bytes) ? [inside] : [];
}
