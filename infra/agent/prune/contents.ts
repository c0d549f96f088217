import { isSluiceError } from '../../../shared/errors.ts';
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

/** What every namespace has, or what others make for its objects. */
const NATURAL: Readonly<Record<string, (name: string) => boolean>> = {
  ConfigMap: (name) => ['kube-root-ca.crt', 'openshift-service-ca.crt', 'istio-ca-root-cert'].includes(name),
  ServiceAccount: (name) => name === 'default',
  Event: () => true,
  Endpoints: () => true,
  EndpointSlice: () => true,
};

/**
 * Why a namespace or a definition must not be deleted: something in it is not ours, or is still in Git.
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
  try {
    for (const kind of await scope.kinds()) {
      for await (const page of cluster.pages(kind, { ...scope.selection, metadataOnly: true })) {
        const foreign = page.find((object) => isForeign(object, agent));
        if (foreign !== undefined) {
          return `${printId(idOf(foreign))} in it is not ours`;
        }
      }
    }
  } catch (error) {
    if (!isSluiceError(error, 'cluster-refused')) {
      throw error;
    }
    return `what is in it cannot be seen: ${error.found}`;
  }
  return undefined;
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
      kinds: async () => cluster.namespacedKinds(),
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

function isForeign({ kind, metadata }: LiveObject, agent: string): boolean {
  const { name, labels = {}, ownerReferences = [] } = metadata;
  return labels[OWNER_LABEL] !== agent && ownerReferences.length === 0 && NATURAL[kind]?.(name) !== true;
}
