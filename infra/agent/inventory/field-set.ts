/**
 * A set of fields as the API server writes it (FieldsV1): `f:name` is a field, `k:{…}` an item of a list by its keys,
 * `v:…` one by its value, `.` the map or item itself.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 */
export type FieldSet = Readonly<Record<string, unknown>>;

/** A path into a set: `['f:spec', 'f:replicas']`. */
export type Path = readonly string[];

/** What is in a set and not in another. Of an item or a map that is missing as a whole only it is named. */
export function difference(set: FieldSet, other: FieldSet, path: Path = []): readonly Path[] {
  if ('.' in set && !('.' in other) && path.length > 0) {
    return [path];
  }
  return Object.entries(set).flatMap(([part, below]) => {
    if (part === '.') {
      return [];
    }
    const at = [...path, part];
    const there = other[part];
    if (there === undefined) {
      return Object.keys(setOf(below)).length === 0 || '.' in setOf(below) ? [at] : difference(setOf(below), {}, at);
    }
    return difference(setOf(below), setOf(there), at);
  });
}

/** All that is in either. */
export function union(one: FieldSet, other: FieldSet): FieldSet {
  const both = Object.entries(other).map(([part, below]) => [part, union(setOf(one[part]), setOf(below))] as const);
  return { ...one, ...Object.fromEntries(both) };
}

export function contains(set: FieldSet, path: Path): boolean {
  let at: unknown = set;
  return path.every((part) => {
    at = setOf(at)[part];
    return at !== undefined;
  });
}

/** `spec.template.spec.containers[name="app"].image`, `metadata.labels["sluice.dev/agent"]` */
export function printPath(path: Path): string {
  return path.map(printPart).join('').replace(/^\./, '');
}

function printPart(part: string): string {
  const [type, text] = [part.slice(0, 2), part.slice(2)];
  if (type === 'f:') {
    return /^[\w-]+$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
  }
  if (type === 'k:') {
    const keys = Object.entries(setOf(JSON.parse(text)));
    return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
  }
  return `[${text}]`;
}

function setOf(value: unknown): FieldSet {
  return typeof value === 'object' && value !== null ? (value as FieldSet) : {};
}
