import { isRecord } from './record.ts';

/** A field of an object that is not as Kubernetes' grammar has it. */
export interface FieldFault {
  /** `['metadata', 'labels', 'app']` */
  readonly path: readonly string[];
  readonly expected: string;
  /** What stands there instead, as a person would say it. */
  readonly found: string;
}

const MAX_LABEL = 63;
const MAX_SUBDOMAIN = 253;
const SHOWN = 60;

/** RFC 1123, of a DNS label and a subdomain; RFC 1035 where the first is a letter. */
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LETTER_FIRST = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const KIND = /^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$/;
/** What the API server takes for a part of a path; spaces it would take, but the inventory is lines of words. */
const PATH_SEGMENT = /^(?!\.\.?$)[^/%\s\p{C}]+$/u;

/**
 * Looks whether an object can be named as Kubernetes names objects, for all that is made of its names: URLs, lines of
 * the inventory, diffs, Events. Its labels and annotations are text.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
export function findNameFaults(object: Readonly<Record<string, unknown>>): readonly FieldFault[] {
  const { apiVersion, kind, metadata } = object;
  const isMetadata = isRecord(metadata);
  return [
    ...check(['apiVersion'], apiVersion, 'a version such as v1 or a group and version such as apps/v1', isApiVersion),
    ...check(['kind'], kind, 'a kind such as ConfigMap', (text) => KIND.test(text) && text.length <= MAX_LABEL),
    ...(isMetadata ? metadataFaults(metadata) : [{ path: ['metadata'], expected: 'a map', found: describe(metadata) }]),
  ];
}

function metadataFaults(metadata: Readonly<Record<string, unknown>>): readonly FieldFault[] {
  const { name, namespace, labels, annotations } = metadata;
  return [
    ...check(['metadata', 'name'], name, 'a name of up to 253 characters without spaces, / and %', isName),
    // With nothing after it, it says no more than none.
    ...(namespace == null || namespace === ''
      ? []
      : check(['metadata', 'namespace'], namespace, 'up to 63 lower-case letters, digits and -', isNamespace)),
    ...textFaults(['metadata', 'labels'], labels),
    ...textFaults(['metadata', 'annotations'], annotations),
  ];
}

function textFaults(path: readonly string[], map: unknown): readonly FieldFault[] {
  if (map == null) {
    return [];
  }
  if (!isRecord(map)) {
    return [{ path, expected: 'a map', found: describe(map) }];
  }
  return Object.entries(map).flatMap(([name, value]) =>
    value === null || typeof value === 'string'
      ? []
      : [{ path: [...path, name], expected: 'text', found: describeOrHint(value) }],
  );
}

function check(
  path: readonly string[],
  value: unknown,
  expected: string,
  isRight: (text: string) => boolean,
): readonly FieldFault[] {
  if (typeof value === 'string' && isRight(value)) {
    return [];
  }
  return [{ path, expected, found: describeOrHint(value) }];
}

function isApiVersion(text: string): boolean {
  const [version = '', group, ...more] = text.split('/').toReversed();
  const isGroup = group === undefined || (SUBDOMAIN.test(group) && group.length <= MAX_SUBDOMAIN);
  return LETTER_FIRST.test(version) && version.length <= MAX_LABEL && isGroup && more.length === 0;
}

function isName(text: string): boolean {
  return PATH_SEGMENT.test(text) && text.length <= MAX_SUBDOMAIN;
}

function isNamespace(text: string): boolean {
  return LABEL.test(text) && text.length <= MAX_LABEL;
}

/** What a value is, and what to do about one that quotes would make a text of. */
function describeOrHint(value: unknown): string {
  const isUnquoted = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
  return `${describe(value)}${isUnquoted ? ': write it in quotes' : ''}`;
}

function describe(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.slice(0, SHOWN));
  }
  if (typeof value === 'boolean') {
    return `the truth value ${value}`;
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    return `the number ${value}`;
  }
  return describeOther(value);
}

function describeOther(value: unknown): string {
  if (Array.isArray(value)) {
    return 'a list';
  }
  return isRecord(value) ? 'a map' : 'nothing';
}
