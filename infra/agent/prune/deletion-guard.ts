import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import { statusOf } from '../cluster/client.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { OWNER_LABEL } from '../inventory/inventory.ts';
import { groupKindOf, idOf, type Kind, type Manifest, type ObjectId, printId } from '../manifest.ts';
import { markThatKeeps } from './keep.ts';

/** What may be lost where it is allowed: what others have in a namespace or a definition, and the data of bound claims. */
export const ALLOWANCES = ['namespaces', 'crds', 'claims'] as const;
export type Allowance = (typeof ALLOWANCES)[number];

/** What takes others with it when it is deleted. */
export type Container = Exclude<Allowance, 'claims'>;

const BY_KIND: Readonly<Record<string, Container>> = {
  '/Namespace': 'namespaces',
  'apiextensions.k8s.io/CustomResourceDefinition': 'crds',
};

/** An object that takes others with it, or undefined. */
export function containerOf(kind: Kind): Container | undefined {
  return BY_KIND[groupKindOf(kind)];
}

/** Whose objects may go with their container. */
export interface Ownership {
  readonly agent: string;
  /** What Git says. */
  readonly wanted: readonly ObjectId[];
}

/** What may go with its container. */
export interface Contents extends Ownership {
  /** What is ours, what others have too, or not even what is ours: Git has that still where a container is made anew. */
  readonly takes: 'nothing' | 'own' | 'all';
}

/** What holds a container. */
export interface Obstacle {
  readonly reason: string;
  /** No leave to take what others have lets it go. */
  readonly isFinal: boolean;
}

/** What every namespace has. */
const NATURAL: Readonly<Record<string, readonly string[]>> = {
  '/ConfigMap': ['kube-root-ca.crt', 'openshift-service-ca.crt', 'istio-ca-root-cert'],
  '/ServiceAccount': ['default'],
};
/** What others make for the objects of a namespace; none of it is looked at. */
const MADE_BY_OTHERS: ReadonlySet<string> = new Set([
  '/Endpoints',
  '/Event',
  'discovery.k8s.io/EndpointSlice',
  'events.k8s.io/Event',
]);

/** Their controllers copy the marks of their owners onto them, and leave them there. */
const COPIES: ReadonlySet<string> = new Set(['apps/ReplicaSet', 'apps/ControllerRevision', '/Pod']);

/** So many kinds that may not be listed are named. */
const MAX_NAMED = 5;

/**
 * Why a namespace or a definition must not be deleted: something in it asks to stay, is in Git still, is not ours or
 * cannot be seen.
 *
 * @throws SluiceError `cluster-unreachable`
 */
export async function findObstacle(
  cluster: Cluster,
  container: ObjectId,
  contents: Contents,
): Promise<Obstacle | undefined> {
  const { wanted, takes } = contents;
  const forbidden: string[] = [];
  try {
    const scope = await scopeOf(cluster, container);
    const needed = wanted.find((id) => scope.has(id));
    if (needed !== undefined) {
      const next = `Take that out of Git too, or put ${printId(container)} back`;
      return { reason: `${printId(needed)} in it is in Git still. ${next}`, isFinal: true };
    }
    for (const kind of await scope.kinds()) {
      const found = await lookFor(cluster, kind, scope.selection, contents);
      if (found.held !== undefined) {
        return found.held;
      }
      forbidden.push(...(found.forbidden === undefined ? [] : [found.forbidden]));
    }
  } catch (error) {
    if (!isSluiceError(error, 'cluster-refused')) {
      throw error;
    }
    return { reason: `what is in it cannot be seen: ${error.found}`, isFinal: takes === 'all' };
  }
  return forbidden.length === 0 || takes === 'all' ? undefined : { reason: withoutRight(forbidden), isFinal: false };
}

/** What of a kind holds, or the resource, `example.com/widgets`, that may not be listed. */
interface Found {
  readonly held?: Obstacle;
  readonly forbidden?: string;
}

async function lookFor(
  cluster: Cluster,
  kind: Kind,
  selection: Scope['selection'],
  contents: Contents,
): Promise<Found> {
  try {
    for await (const page of cluster.pages(kind, { ...selection, metadataOnly: true })) {
      for (const object of page) {
        const held = await holdOf(cluster, object, contents);
        if (held !== undefined) {
          return { held };
        }
      }
    }
    return {};
  } catch (error) {
    const { reason, details } = statusOf(error) ?? {};
    if (reason !== 'Forbidden' || details?.kind === undefined) {
      throw error;
    }
    return { forbidden: `${details.group ?? ''}/${details.kind}` };
  }
}

/** How an object holds what it is in. */
async function holdOf(cluster: Cluster, object: LiveObject, { agent, takes }: Contents): Promise<Obstacle | undefined> {
  const named = `${printId(idOf(object))} in it`;
  const { ownerReferences = [] } = object.metadata;
  const isCopy = COPIES.has(groupKindOf(object)) && ownerReferences.length > 0;
  const stay = isCopy ? undefined : markThatKeeps(object.metadata);
  if (stay !== undefined) {
    return { reason: `${named} is to stay: ${stay.reason}`, isFinal: true };
  }
  if (takes === 'all' || isNatural(object) || (await isOwnedWithin(cluster, object))) {
    return undefined;
  }
  if (takes === 'nothing') {
    return { reason: `${named} would be lost`, isFinal: false };
  }
  return object.metadata.labels?.[OWNER_LABEL] === agent
    ? undefined
    : { reason: `${named} is not ours`, isFinal: false };
}

function withoutRight(resources: readonly string[]): string {
  const more = resources.length > MAX_NAMED ? ` and ${resources.length - MAX_NAMED} more` : '';
  const named = resources.slice(0, MAX_NAMED).join(', ');
  return `what is in it cannot be seen without the right to list ${named}${more}, which sluice install gives with --allow`;
}

interface Scope {
  has(id: ObjectId): boolean;
  kinds(): Promise<readonly Kind[]>;
  readonly selection: { readonly namespace?: string };
}

async function scopeOf(cluster: Cluster, container: ObjectId): Promise<Scope> {
  if (containerOf(container) === 'namespaces') {
    return {
      has: ({ namespace }) => namespace === container.name,
      kinds: async () => (await cluster.namespacedKinds()).filter((kind) => !MADE_BY_OTHERS.has(groupKindOf(kind))),
      selection: { namespace: container.name },
    };
  }
  const definition = await cluster.read(container);
  return {
    has: (id) => definition !== undefined && isIn(definition, id),
    kinds: async () => servedInstances(cluster, container, definition),
    selection: {},
  };
}

/** Does an object go when this namespace or definition does? */
export function isIn(container: Manifest, id: ObjectId): boolean {
  return containerOf(container) === 'namespaces'
    ? id.namespace === container.metadata.name
    : definedBy(container).some((kind) => groupKindOf(kind) === groupKindOf(id));
}

/** One of the kinds that a definition defines: each of them lists all. */
async function servedInstances(
  cluster: Cluster,
  container: ObjectId,
  definition: Manifest | undefined,
): Promise<readonly Kind[]> {
  for (const kind of definedBy(definition)) {
    if ((await cluster.complete({ ...kind, metadata: { name: 'any' } })) !== undefined) {
      return [kind];
    }
  }
  if (definition !== undefined && isEstablished(definition)) {
    throw new SluiceError({ code: 'cluster-refused', subject: printId(container), found: 'it serves no version' });
  }
  // Before it is established nothing can be made of it.
  return [];
}

function isEstablished(definition: Manifest): boolean {
  const { conditions = [] } = (definition['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some(({ type, status }) => type === 'Established' && status === 'True');
}

/** The kinds that a definition defines, one for each version. */
export function definedBy(definition: Manifest | undefined): readonly Kind[] {
  const {
    group,
    names,
    versions = [],
  } = (definition?.['spec'] ?? {}) as {
    readonly group?: string;
    readonly names?: { readonly kind?: string };
    readonly versions?: readonly ({ readonly name: string; readonly served: boolean } | null)[];
  };
  // A manifest may be anything; the API server refuses what is no definition.
  return (Array.isArray(versions) ? versions : [])
    .filter((version) => version?.served === true)
    .map(({ name }) => ({ apiVersion: `${group}/${name}`, kind: names?.kind ?? '' }));
}

/** Is its owner looked at too? One of the whole cluster is not: an operator's, say. */
async function isOwnedWithin(cluster: Cluster, { metadata }: LiveObject): Promise<boolean> {
  for (const { apiVersion, kind, name } of metadata.ownerReferences ?? []) {
    const owner = await cluster.complete({ apiVersion, kind, metadata: { name } });
    if (owner?.metadata.namespace !== undefined) {
      return true;
    }
  }
  return false;
}

function isNatural(object: LiveObject): boolean {
  return NATURAL[groupKindOf(object)]?.includes(object.metadata.name) === true;
}
