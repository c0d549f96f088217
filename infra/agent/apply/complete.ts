import { isSluiceError } from '../../../shared/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { idOf, keyOf, type Manifest } from '../manifest.ts';
import type { RenderedObject } from '../render/render.ts';
import type { ObjectResult } from './apply.ts';

/** Objects as the cluster names them. */
export interface Completed {
  readonly manifests: readonly Manifest[];
  readonly failed: readonly ObjectResult[];
  /** Of kinds that the cluster does not know. */
  readonly unknown: readonly Manifest[];
}

/**
 * Fills in the namespaces of objects. One fails that is thereby written twice, or whose kind cannot be looked up: an
 * API group that is away takes no others with it.
 *
 * @param places where each object stands, by key; what is seen here is added
 * @throws SluiceError `cluster-unreachable`
 */
export async function completeObjects(
  cluster: Cluster,
  objects: readonly RenderedObject[],
  places: Map<string, string>,
): Promise<Completed> {
  const manifests: Manifest[] = [];
  const failed: ObjectResult[] = [];
  const unknown: Manifest[] = [];
  for (const { manifest, place } of objects) {
    try {
      const complete = await cluster.complete(manifest);
      if (complete === undefined) {
        unknown.push(manifest);
        continue;
      }
      const id = idOf(complete);
      const first = places.get(keyOf(id));
      if (first === undefined) {
        places.set(keyOf(id), place);
        manifests.push(complete);
      } else {
        failed.push({ id, action: 'failed', reason: `stands in ${first} and again in ${place}` });
      }
    } catch (error) {
      if (!isSluiceError(error, 'cluster-refused')) {
        throw error;
      }
      failed.push({ id: idOf(manifest), action: 'failed', reason: error.found });
    }
  }
  return { manifests, failed, unknown };
}
