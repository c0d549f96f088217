import { MAX_INT64, parseFloatOf, parseInteger } from './number.ts';

/** A scalar with its type: a float may look like an integer (`1.0`), which tells only where it is a key. */
export type Scalar =
  | { readonly type: 'null'; readonly value: null }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'str' | 'timestamp'; readonly value: string };

/** What `resolve` of go-yaml looks up: https://github.com/yaml/go-yaml/blob/v2.4.3/resolve.go */
const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, { type: 'null', value: null }] as const),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    (word) => [word, { type: 'bool', value: true }] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (word) => [word, { type: 'bool', value: false }] as const,
  ),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, { type: 'float', value: Number.NaN }] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (word) => [word, { type: 'float', value: Number.POSITIVE_INFINITY }] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, { type: 'float', value: Number.NEGATIVE_INFINITY }] as const),
]);

/** The formats of `parseTimestamp` of go-yaml, as far as they tell a timestamp from other text. */
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Longest text that can be a number: 64 binary digits with as many underscores. Longer ones would only cost time. */
const LONGEST_NUMBER = 1024;

const LONG_PREFIX = 'tag:yaml.org,2002:';
const TYPES: ReadonlySet<string> = new Set(['bool', 'int', 'float', 'null', 'timestamp']);

/**
 * What an unquoted text means in the YAML that Kubernetes reads: 1.1 with Go's numbers. `0400` and `0o400` are 256,
 * `yes` is true, `1_000` is 1000; `1:30`, a date, and a number that no float64 holds (`83e20108`) are text.
 */
export function resolvePlain(text: string): Scalar {
  return WORDS.get(text) ?? resolveNumber(text) ?? { type: 'str', value: text };
}

/**
 * What a text with a tag means. A tag that is not one of YAML's own says nothing.
 *
 * @returns undefined where the text is no such thing
 */
export function resolveTagged(text: string, tag: string): Scalar | undefined {
  const type = tag.startsWith(LONG_PREFIX) ? tag.slice(LONG_PREFIX.length) : '';
  if (type === 'binary') {
    return resolveBinary(text);
  }
  if (!TYPES.has(type)) {
    return { type: 'str', value: text };
  }
  if (type === 'timestamp') {
    return TIMESTAMP.test(text) ? { type, value: text } : undefined;
  }
  const found = resolvePlain(text);
  if (type === 'float' && found.type === 'int' && found.value <= MAX_INT64) {
    return { type, value: Number(found.value) };
  }
  return found.type === type ? found : undefined;
}

function resolveNumber(text: string): Scalar | undefined {
  if (!/^[-+.0-9]/.test(text) || text.length > LONGEST_NUMBER) {
    return undefined;
  }
  const integer = text.startsWith('.') ? undefined : parseInteger(text.replaceAll('_', ''));
  if (integer !== undefined) {
    return { type: 'int', value: integer };
  }
  const float = parseFloatOf(text);
  return float === undefined ? undefined : { type: 'float', value: float };
}

/** Bytes that are no UTF-8 have no place in JSON. */
function resolveBinary(text: string): Scalar | undefined {
  const bytes = Buffer.from(text, 'base64');
  const isBase64 = bytes.toString('base64') === text.replaceAll(/[\r\n]/g, '');
  const value = bytes.toString('utf8');
  return isBase64 && Buffer.from(value).equals(bytes) ? { type: 'str', value } : undefined;
}
