import { hash } from 'node:crypto';
import { printJson } from '../../../shared/yaml/json.ts';
import type { ManagedFields } from '../cluster/api-types.ts';
import { FIELD_MANAGER, type LiveObject } from '../cluster/cluster.ts';
import type { Manifest } from '../manifest.ts';
import type { Mark, Marked } from '../marks.ts';
import { contains } from './field-set.ts';

/**
 * What an object was when it was applied. While the manifest is the same, and so are the fields that the API server
 * has under our name, nothing of it was touched: whoever changes or removes a field of ours takes it from us. Where
 * they are not, it is applied again, which changes nothing where nothing is to change.
 */
export interface Fingerprint {
  readonly manifest: string;
  /**
   * Of the fields that are ours and when we last changed one, with the object's generation, or its version where it has
   * none: that time is in seconds, and within one a former leader of our name may have written too.
   */
  readonly fields: string;
}

/** 96 bits: chance does not meet them, and 5,000 objects' stay small. */
const CHARACTERS = 16;

export function manifestDigest(manifest: Manifest): string {
  return digest(printJson(manifest));
}

/** Undefined where nothing of the object is ours. */
export function fieldsDigestOf(metadata: LiveObject['metadata']): string | undefined {
  return ownDigest(metadata, metadata.generation ?? metadata.resourceVersion);
}

/** Is all of ours as it was? Others may have set something of theirs. */
export function isOursAsBefore(before: LiveObject['metadata'], now: LiveObject['metadata']): boolean {
  const digestBefore = ownDigest(before, before.generation);
  return digestBefore !== undefined && digestBefore === ownDigest(now, now.generation);
}

function ownDigest(metadata: LiveObject['metadata'], version: number | string | undefined): string | undefined {
  const own = ownFields(metadata);
  return own && digest(JSON.stringify([own.time, version, sorted(own.fieldsV1)]));
}

/** What the API server has of an object under our name. */
export function ownFields({ managedFields = [] }: LiveObject['metadata']): ManagedFields | undefined {
  return managedFields.find(isOwn);
}

export function isOwn({ manager, operation, subresource = '' }: ManagedFields): boolean {
  return manager === FIELD_MANAGER && operation === 'Apply' && subresource === '';
}

/** Has another hand than ours set this mark? What we alone have set is Git's word of before. */
export function isSetByOther({ managedFields = [] }: Marked, { in: place, name }: Mark): boolean {
  const path = ['f:metadata', `f:${place}`, `f:${name}`];
  const setters = managedFields.filter(({ fieldsV1 = {} }) => contains(fieldsV1, path));
  return setters.length === 0 || !setters.every(isOwn);
}

/** Another version of the API server may say the same set in another order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const names = Object.keys(value);
  return names.length === 0
    ? names
    : names.sort().map((name) => [name, sorted((value as Readonly<Record<string, unknown>>)[name])]);
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, CHARACTERS);
}
