import { isSluiceError, messageOf } from '../../../shared/errors.ts';
import type { ObjectAction } from '../../../shared/queue/messages.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { idOf, type Manifest, type ObjectId } from '../manifest.ts';
import { OWNER_LABEL } from '../prune/inventory.ts';

/** What became of one object. */
export interface ObjectResult {
  readonly id: ObjectId;
  readonly action: ObjectAction;
  readonly reason?: string;
  /** As the cluster has it now. */
  readonly live?: LiveObject;
}

/** How many objects of a stage are applied at once. */
const CONCURRENCY = 8;

/**
 * Applies the objects of a stage. One that is refused does not stop its neighbours.
 *
 * @throws SluiceError `cluster-unreachable`: then nothing more can be said of any of them
 */
export async function applyStage(
  cluster: Cluster,
  manifests: readonly Manifest[],
  agent: string,
): Promise<readonly ObjectResult[]> {
  return inParallel(manifests, async (manifest) => {
    const id = idOf(manifest);
    try {
      const before = await cluster.read(id);
      const live = await cluster.apply(owned(manifest, agent));
      return { id, action: actionOf(before, live), live };
    } catch (error) {
      if (isSluiceError(error, 'cluster-unreachable')) {
        throw error;
      }
      return { id, action: 'failed', reason: isSluiceError(error) ? error.found : messageOf(error) };
    }
  });
}

/** Does work for each item, a few at once; results in the order of the items. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const workers = Array.from({ length: CONCURRENCY }, async () => {
    for (const [index, item] of queue) {
      results[index] = await work(item);
    }
  });
  await Promise.all(workers);
  return results;
}

function owned(manifest: Manifest, agent: string): Manifest {
  const { metadata } = manifest;
  return { ...manifest, metadata: { ...metadata, labels: { ...metadata.labels, [OWNER_LABEL]: agent } } };
}

function actionOf(before: LiveObject | undefined, live: LiveObject): ObjectAction {
  if (before === undefined) {
    return 'created';
  }
  return before.metadata.resourceVersion === live.metadata.resourceVersion ? 'unchanged' : 'configured';
}
