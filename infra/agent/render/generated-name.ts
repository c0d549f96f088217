import { createHash } from 'node:crypto';
import { groupOf } from '../manifest.ts';
import { isRecord } from './record.ts';

/** The API server makes names of this length at most: https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values */
const LONGEST = 63;
const SUFFIX = 8;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The name of an object with `generateName`, or undefined: by its kind and that, so that a repeat finds it where the API
 * server would make another each time.
 *
 * @param ordinal tells apart those of a revision that have all of it in common
 */
export function generatedNameOf({ apiVersion, kind, metadata }: Fields, ordinal = 0): string | undefined {
  const { namespace = '', generateName } = isRecord(metadata) ? metadata : {};
  if (typeof generateName !== 'string' || generateName === '') {
    return undefined;
  }
  const whole = [groupOf(String(apiVersion)), kind, namespace, generateName, ordinal].map(String).join(' ');
  const suffix = createHash('sha256').update(whole).digest('hex').slice(0, SUFFIX);
  return `${generateName.slice(0, LONGEST - SUFFIX)}${suffix}`;
}

/** An object with such a name, where it has none; anything else stays as it is. */
export function withGeneratedName(value: Fields): Fields {
  const { metadata } = value;
  const name = generatedNameOf(value);
  if (name === undefined || !isRecord(metadata) || ![undefined, null, ''].includes(metadata['name'] as string)) {
    return value;
  }
  return { ...value, metadata: { ...metadata, name } };
}
