/** A Kubernetes object as a manifest has it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    /** Its name is this with a suffix that comes from what it says. */
    readonly generateName?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** `apps/v1` and `Deployment` */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Which object: all that its URL needs. */
export interface ObjectId extends Kind {
  /** Empty for objects of the whole cluster. */
  readonly namespace: string;
  readonly name: string;
}

export function idOf({ apiVersion, kind, metadata }: Manifest): ObjectId {
  return { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
}

/** An object's annotations, also where its manifest has `annotations:` with nothing after it, or no text as a value. */
export function annotationsOf({ metadata }: Manifest): Readonly<Record<string, string>> {
  const annotations: Readonly<Record<string, unknown>> = metadata.annotations ?? {};
  return Object.fromEntries(Object.entries(annotations).map(([name, value]) => [name, String(value)]));
}

/** Characters of a mark's value that are shown. */
const SHOWN = 60;

/** What a stranger wrote as the value of a mark, in quotes and as long as people read. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
}

/** `deployment/default/hello`, and `namespace/shop` for objects of the whole cluster. */
export function printId({ kind, namespace, name }: ObjectId): string {
  return [kind.toLowerCase(), namespace, name].filter((part) => part !== '').join('/');
}

/**
 * What each of several objects is called, by its key: as `printId` has it, and with the group in it where others of
 * that name are of another group: `service.serving.knative.dev/shop/web` beside `service/shop/web`.
 */
export function printApart(ids: readonly ObjectId[]): (id: ObjectId) => string {
  const keys = Map.groupBy(ids, printId);
  return (id) => {
    const isAlone = new Set(keys.get(printId(id))?.map(keyOf)).size <= 1;
    const group = groupOf(id.apiVersion);
    return isAlone || group === '' ? printId(id) : printId({ ...id, kind: `${id.kind}.${group}` });
  };
}

/** `apps/v1 Deployment` */
export function printKind({ apiVersion, kind }: Kind): string {
  return `${apiVersion} ${kind}`;
}

/** `apps/Deployment`, and `/Pod` for the core's: others may define kinds of the same name in groups of their own. */
export function groupKindOf({ apiVersion, kind }: Kind): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

/** Does an object define kinds? */
export function isDefinition(object: Kind): boolean {
  return groupKindOf(object) === 'apiextensions.k8s.io/CustomResourceDefinition';
}

/** Is an object a namespace? */
export function isNamespace(object: Kind): boolean {
  return groupKindOf(object) === '/Namespace';
}

/** Equal for the same object. The version of its API group does not count: the object is one under each of them. */
export function keyOf({ apiVersion, kind, namespace, name }: ObjectId): string {
  return [groupOf(apiVersion), kind, namespace, name].join('/');
}

/** `apps` of `apps/v1`; empty for the core's `v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : '';
}
