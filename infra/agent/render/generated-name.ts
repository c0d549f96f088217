import { createHash } from 'node:crypto';
import { printJson } from '../../../shared/yaml/json.ts';
import { isRecord } from './record.ts';

/** The API server makes names of this length at most: https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values */
const LONGEST = 63;
const SUFFIX = 8;

/**
 * An object with `generateName` and no name gets a name by what it says, so that a repeat finds it where the API server
 * would make another each time. Anything else stays as it is.
 */
export function withGeneratedName(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { metadata } = value;
  if (!isRecord(metadata)) {
    return value;
  }
  const { name = '', generateName } = metadata;
  if (typeof generateName !== 'string' || generateName === '' || (name !== '' && name !== null)) {
    return value;
  }
  const suffix = createHash('sha256').update(printJson(value)).digest('hex').slice(0, SUFFIX);
  return { ...value, metadata: { ...metadata, name: `${generateName.slice(0, LONGEST - SUFFIX)}${suffix}` } };
}
