import { isSluiceError } from '../../../shared/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { idOf, isNamespace, keyOf, type Manifest, printKind } from '../manifest.ts';
import type { RenderedObject } from '../render/rendered-object.ts';
import type { ObjectResult } from './apply-object.ts';

/** Objects as the cluster names them. */
export interface ResolvedObjects {
  /** What was asked about, with what came of it. */
  readonly objects: ReadonlyMap<RenderedObject, Manifest>;
  readonly failed: ReadonlyMap<RenderedObject, ObjectResult>;
  /** Of kinds that the cluster does not know. */
  readonly unknown: readonly RenderedObject[];
}

/**
 * Fills in the namespaces of objects. One fails that is thereby written twice, or whose kind cannot be looked up: an
 * API group that is away takes no others with it.
 *
 * @param sourceLocations where each object stands, by key; what is seen here is added
 * @throws SluiceError `cluster-unreachable`
 */
export async function resolveNamespaces(
  cluster: Cluster,
  objects: readonly RenderedObject[],
  sourceLocations: Map<string, string>,
): Promise<ResolvedObjects> {
  const done = new Map<RenderedObject, Manifest>();
  const failed = new Map<RenderedObject, ObjectResult>();
  const unknown: RenderedObject[] = [];
  const unknownKinds = new Set<string>();
  for (const object of objects) {
    const { manifest, place } = object;
    try {
      const complete = unknownKinds.has(printKind(manifest)) ? undefined : await cluster.complete(manifest);
      if (complete === undefined) {
        unknownKinds.add(printKind(manifest));
        unknown.push(object);
        continue;
      }
      const id = idOf(complete);
      const first = sourceLocations.get(keyOf(id));
      if (first === undefined) {
        sourceLocations.set(keyOf(id), place);
        done.set(object, complete);
      } else {
        failed.set(object, { id, action: 'failed', reason: `stands in ${first} and again in ${place}` });
      }
    } catch (error) {
      if (!isSluiceError(error, 'cluster-refused')) {
        throw error;
      }
      failed.set(object, { id: idOf(manifest), action: 'failed', reason: `${error.found} (${place})` });
    }
  }
  return { objects: done, failed, unknown };
}

/**
 * How objects stand as far as their order is concerned: with the namespace that those get which name none, where the
 * revision has namespaces.
 *
 * @throws SluiceError `cluster-unreachable`
 */
export async function withDefaultNamespace(
  cluster: Cluster,
  objects: readonly RenderedObject[],
): Promise<(object: RenderedObject) => Manifest> {
  if (!objects.some(({ manifest }) => isNamespace(manifest))) {
    return ({ manifest }) => manifest;
  }
  // A kind that is known tells the default.
  const known = await cluster.complete({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'any' } });
  const within = known?.metadata.namespace ?? '';
  return ({ manifest: { metadata, ...rest } }) => ({
    ...rest,
    metadata: { ...metadata, namespace: metadata.namespace || within },
  });
}
