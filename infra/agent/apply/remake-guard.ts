import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { groupKindOf, idOf } from '../manifest.ts';
import { type Allowance, containerOf, whatHolds } from '../prune/contents.ts';

/** Why an object must not be deleted to be made anew, with the way to allow it; undefined where it may. */
export async function reasonNotToRemake(
  cluster: Cluster,
  live: LiveObject,
  allow: ReadonlySet<Allowance>,
): Promise<string | undefined> {
  const data = allow.has('claims') ? undefined : dataOf(live);
  if (data !== undefined) {
    return `${data}. Allow it with --prune-allow claims`;
  }
  const container = containerOf(live);
  if (container === undefined) {
    return undefined;
  }
  const takes = allow.has(container) ? 'all' : 'nothing';
  const held = await whatHolds(cluster, idOf(live), { agent: '', wanted: [], takes });
  return held === undefined || held.isFinal ? held?.reason : `${held.reason}. Allow it with --prune-allow ${container}`;
}

/** By group and kind: what of the object's data would be lost with it. */
const DATA: Readonly<Record<string, (live: LiveObject) => string | undefined>> = {
  '/PersistentVolumeClaim': ({ spec }) => {
    const { volumeName = '' } = (spec ?? {}) as { readonly volumeName?: string };
    return volumeName === '' ? undefined : `it is bound to the volume ${volumeName}`;
  },
  '/PersistentVolume': ({ spec, status }) => {
    const { claimRef } = (spec ?? {}) as { readonly claimRef?: { readonly uid?: string; readonly name?: string } };
    const { phase = '' } = (status ?? {}) as { readonly phase?: string };
    // One that is released holds its data until it is reclaimed.
    return claimRef?.uid === undefined && ['', 'Pending', 'Available'].includes(phase)
      ? undefined
      : `it is bound to the claim ${claimRef?.name ?? ''}`.trim();
  },
  'apps/StatefulSet': ({ spec }) => {
    const { persistentVolumeClaimRetentionPolicy: policy, volumeClaimTemplates = [] } = (spec ?? {}) as {
      readonly persistentVolumeClaimRetentionPolicy?: { readonly whenDeleted?: string };
      readonly volumeClaimTemplates?: readonly unknown[];
    };
    return policy?.whenDeleted === 'Delete' && volumeClaimTemplates.length > 0
      ? 'its claims would be deleted with it'
      : undefined;
  },
};

function dataOf(live: LiveObject): string | undefined {
  return DATA[groupKindOf(live)]?.(live);
}
