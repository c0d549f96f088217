import { isSluiceError } from '../../../shared/errors.ts';
import { statusOf } from '../cluster/api.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { groupOf, idOf, type Kind, type Manifest, type ObjectId, printId } from '../manifest.ts';
import { OWNER_LABEL } from './inventory.ts';

/** What takes others with it when it is deleted. */
export const CONTAINERS = ['namespaces', 'crds'] as const;
export type Container = (typeof CONTAINERS)[number];

const BY_KIND: Readonly<Record<string, Container>> = {
  Namespace: 'namespaces',
  CustomResourceDefinition: 'crds',
};

/** An object that takes others with it, or undefined. */
export function containerOf({ kind }: ObjectId): Container | undefined {
  return BY_KIND[kind];
}

/** Whose objects may go with their container. */
export interface Ownership {
  readonly agent: string;
  /** What Git says. */
  readonly wanted: readonly ObjectId[];
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

/** So many kinds that may not be listed are named. */
const MAX_NAMED = 5;

/**
 * Why a namespace or a definition must not be deleted: something in it is not ours, is still in Git, or cannot be seen.
 *
 * @throws SluiceError `cluster-unreachable`
 */
export async function reasonToKeep(
  cluster: Cluster,
  container: ObjectId,
  { agent, wanted }: Ownership,
): Promise<string | undefined> {
  const scope = await scopeOf(cluster, container);
  const needed = wanted.find((id) => scope.has(id));
  if (needed !== undefined) {
    return `${printId(needed)} in it is in Git still`;
  }
  const forbidden: string[] = [];
  try {
    for (const kind of await scope.kinds()) {
      const found = await lookFor(cluster, kind, scope.selection, agent);
      if (found.foreign !== undefined) {
        return `${printId(idOf(found.foreign))} in it is not ours`;
      }
      forbidden.push(...(found.forbidden === undefined ? [] : [found.forbidden]));
    }
  } catch (error) {
    if (!isSluiceError(error, 'cluster-refused')) {
      throw error;
    }
    return `what is in it cannot be seen: ${error.found}`;
  }
  return forbidden.length === 0 ? undefined : withoutRight(forbidden);
}

/** What of a kind is not ours, or the resource, `example.com/widgets`, that may not be listed. */
interface Found {
  readonly foreign?: LiveObject | undefined;
  readonly forbidden?: string;
}

async function lookFor(cluster: Cluster, kind: Kind, selection: Scope['selection'], agent: string): Promise<Found> {
  try {
    for await (const page of cluster.pages(kind, { ...selection, metadataOnly: true })) {
      const foreign = page.find((object) => isForeign(object, agent));
      if (foreign !== undefined) {
        return { foreign };
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
      kinds: async () => (await cluster.namespacedKinds()).filter((kind) => !MADE_BY_OTHERS.has(inGroup(kind))),
      selection: { namespace: container.name },
    };
  }
  const instances = definedBy(await cluster.read(container));
  return {
    has: (id) =>
      instances.some(({ apiVersion, kind }) => id.kind === kind && groupOf(id.apiVersion) === groupOf(apiVersion)),
    kinds: async () => instances.slice(0, 1),
    selection: {},
  };
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

function isForeign(object: LiveObject, agent: string): boolean {
  const { name, labels = {}, ownerReferences = [] } = object.metadata;
  const isNatural = NATURAL[inGroup(object)]?.includes(name) === true;
  return labels[OWNER_LABEL] !== agent && ownerReferences.length === 0 && !isNatural;
}

/** `apps/Deployment`, `/Pod`: others may define kinds of the same name. */
function inGroup({ apiVersion, kind }: Kind): string {
  return `${groupOf(apiVersion)}/${kind}`;
}
