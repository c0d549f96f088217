/**
 * Fields of an object as paths, for server-side apply. A path's parts are `f:name` for a field and `k:{…}` for an
 * item of a list that is keyed, as in FieldsV1.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export type Path = readonly string[];

/** Lists whose items are told apart by keys: https://kubernetes.io/docs/reference/kubernetes-api, "map type" lists. */
const LIST_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
};

/** A port's keys depend on where it stands; the protocol is TCP where none is said. */
const PORT_KEYS: Readonly<Record<string, string>> = { containers: 'containerPort', spec: 'port' };

/** All leaves of a value with their paths. Empty maps and lists without keys are leaves. */
export function leavesOf(value: unknown, path: Path = []): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>();
  collect(value, path, leaves);
  return leaves;
}

export function pathOf(key: string): Path {
  return JSON.parse(key) as string[];
}

function collect(value: unknown, path: Path, leaves: Map<string, unknown>): void {
  const children = childrenOf(value, path);
  if (children === undefined) {
    leaves.set(JSON.stringify(path), value);
    return;
  }
  for (const [part, child] of children) {
    collect(child, [...path, part], leaves);
  }
}

/** The parts below a value, or undefined where it is a leaf. */
function childrenOf(value: unknown, path: Path): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) {
    const keys = keysOf(value, path);
    return keys?.map((key, index) => [key, value[index]] as const);
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    return Object.entries(value).map(([name, child]) => [`f:${name}`, child] as const);
  }
  return undefined;
}

/** A key for each item, or undefined where the list is one value. */
function keysOf(list: readonly unknown[], path: Path): readonly string[] | undefined {
  const field = path.at(-1)?.slice(2) ?? '';
  const names = field === 'ports' ? portKeys(path) : LIST_KEYS[field];
  if (names === undefined || list.length === 0) {
    return undefined;
  }
  return list.map((item) => {
    const fields = item as Readonly<Record<string, unknown>>;
    return `k:${JSON.stringify(Object.fromEntries(names.map((name) => [name, fields[name] ?? 'TCP'])))}`;
  });
}

function portKeys(path: Path): readonly string[] | undefined {
  const holder = path.findLast((part) => part === 'f:containers' || part === 'f:spec')?.slice(2) ?? '';
  const port = PORT_KEYS[holder];
  return port === undefined ? undefined : [port, 'protocol'];
}

/** Sets the leaf at a path; maps and keyed items on the way are made. */
export function setAt(root: Record<string, unknown>, path: Path, value: unknown): void {
  const [part = '', ...rest] = path;
  const name = part.slice(2);
  const next = rest[0];
  if (next === undefined) {
    root[name] = structuredClone(value);
    return;
  }
  if (!next.startsWith('k:')) {
    root[name] = isRecord(root[name]) ? root[name] : {};
    setAt(root[name] as Record<string, unknown>, rest, value);
    return;
  }
  const list: unknown[] = Array.isArray(root[name]) ? root[name] : [];
  root[name] = list;
  const [key, ...below] = rest;
  const item = itemOf(list, key ?? '') ?? keyFieldsOf(key ?? '');
  if (!list.includes(item)) {
    list.push(item);
  }
  if (below.length > 0) {
    setAt(item, below, value);
  }
}

/** Removes the leaf at a path, and what is left empty by that. */
export function removeAt(root: Record<string, unknown>, path: Path): void {
  const [part = '', ...rest] = path;
  const name = part.slice(2);
  const child = root[name];
  const [next, ...below] = rest;
  if (next === undefined) {
    delete root[name];
  } else if (next.startsWith('k:') && Array.isArray(child)) {
    const item = itemOf(child, next);
    const isKey = below[0] === undefined || Object.hasOwn(keyFieldsOf(next), below[0].slice(2));
    // An item's keys have every manager of the item: when they go, all of it does.
    if (item !== undefined && isKey) {
      child.splice(child.indexOf(item), 1);
    } else if (item !== undefined) {
      removeAt(item, below);
    }
    if (child.length === 0) {
      delete root[name];
    }
  } else if (isRecord(child)) {
    removeAt(child, rest);
    if (Object.keys(child).length === 0) {
      delete root[name];
    }
  }
}

function itemOf(list: readonly unknown[], key: string): Record<string, unknown> | undefined {
  const wanted = Object.entries(keyFieldsOf(key));
  return list.filter(isRecord).find((item) => wanted.every(([name, value]) => (item[name] ?? 'TCP') === value));
}

/** The fields in `k:{…}`. */
function keyFieldsOf(key: string): Record<string, unknown> {
  return JSON.parse(key.slice(2)) as Record<string, unknown>;
}

/** FieldsV1 of a set of paths. */
export function fieldsV1Of(paths: Iterable<Path>): object {
  const root: Record<string, object> = {};
  for (const path of paths) {
    let at = root;
    for (const part of path) {
      at[part] ??= {};
      at = at[part] as Record<string, object>;
    }
  }
  return root;
}

/** The paths of a FieldsV1. */
export function pathsOf(fields: object, path: Path = []): readonly Path[] {
  const entries = Object.entries(fields);
  return entries.length === 0 ? [path] : entries.flatMap(([part, below]) => pathsOf(below as object, [...path, part]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
