import { isSluiceError } from '../../../shared/errors.ts';
import type { ObjectResult } from '../apply/apply.ts';
import { inReverse } from '../apply/stages.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import type { ObjectId } from '../manifest.ts';
import { OWNER_LABEL } from './inventory.ts';

/** Annotations that keep an object when it has left Git. */
const KEEP: Readonly<Record<string, (value: string) => boolean>> = {
  'sluice.dev/prune': (value) => value === 'disabled',
  'kustomize.toolkit.fluxcd.io/prune': (value) => value === 'disabled',
  'argocd.argoproj.io/sync-options': (value) => value.split(',').some((option) => option.trim() === 'Prune=false'),
};

/**
 * Deletes objects that left Git, in the reverse of the order they were applied in. Only what still carries the
 * agent's label is deleted, and nothing that another object owns or that asks to stay.
 */
export async function pruneObjects(
  cluster: Cluster,
  left: readonly ObjectId[],
  agent: string,
): Promise<readonly ObjectResult[]> {
  const results: ObjectResult[] = [];
  for (const id of inReverse(left, (one) => one)) {
    results.push(await pruneOne(cluster, id, agent));
  }
  return results;
}

async function pruneOne(cluster: Cluster, id: ObjectId, agent: string): Promise<ObjectResult> {
  try {
    const live = await cluster.read(id);
    if (live === undefined) {
      return { id, action: 'pruned', reason: 'it was gone already' };
    }
    const stay = reasonToStay(live, agent);
    if (stay !== undefined) {
      return { id, action: 'skipped', reason: stay };
    }
    await cluster.remove(id);
    return { id, action: 'pruned' };
  } catch (error) {
    if (!isSluiceError(error, 'cluster-refused')) {
      throw error;
    }
    return { id, action: 'failed', reason: `it left Git, but ${error.found}` };
  }
}

function reasonToStay({ metadata }: LiveObject, agent: string): string | undefined {
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  if (labels[OWNER_LABEL] !== agent) {
    return 'it left Git, but is no longer labelled as ours';
  }
  if (ownerReferences.length > 0) {
    return 'it left Git, but another object owns it';
  }
  const kept = Object.entries(KEEP).find(([name, keeps]) => keeps(annotations[name] ?? ''));
  return kept === undefined ? undefined : `it left Git, but ${kept[0]} keeps it`;
}
