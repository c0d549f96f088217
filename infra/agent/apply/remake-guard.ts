import { isSluiceError } from '../../../shared/errors.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { groupKindOf, groupOf, idOf, printId } from '../manifest.ts';
import { type Allowance, containerOf, findObstacle } from '../prune/deletion-guard.ts';

/** Why an object must not be deleted to be made anew, with the way to allow it; undefined where it may. */
export async function reasonNotToRemake(
  cluster: Cluster,
  live: LiveObject,
  allow: ReadonlySet<Allowance>,
): Promise<string | undefined> {
  const data = allow.has('claims') ? undefined : (dataOf(live) ?? (await claimOf(cluster, live)));
  if (data !== undefined) {
    return `${data}. Allow it with --prune-allow claims`;
  }
  const container = containerOf(live);
  if (container === undefined) {
    return undefined;
  }
  const takes = allow.has(container) ? 'all' : 'nothing';
  const held = await findObstacle(cluster, idOf(live), { agent: '', wanted: [], takes });
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
  // What it was taken of may have changed since, and its class may delete it.
  'snapshot.storage.k8s.io/VolumeSnapshot': ({ status }) => snapshotOf(status, 'boundVolumeSnapshotContentName'),
  'snapshot.storage.k8s.io/VolumeSnapshotContent': ({ status }) => snapshotOf(status, 'snapshotHandle'),
};

function snapshotOf(status: unknown, field: string): string | undefined {
  const { [field]: bound = '' } = (status ?? {}) as Readonly<Record<string, unknown>>;
  return bound === '' ? undefined : `it is the snapshot ${String(bound)}`;
}

function dataOf(live: LiveObject): string | undefined {
  return DATA[groupKindOf(live)]?.(live);
}

/** What runs has claims for as long as it runs. */
const PASSING: ReadonlySet<string> = new Set(['batch/Job', '/Pod']);

/** Of Kubernetes' own kinds none owns claims by way of another, but those of pods that are to go with them. */
const OWN_GROUP = /^([a-z]+|.*\.k8s\.io)?$/;
/** How far up owners are asked for theirs. */
const MOST_OWNERS = 8;

/**
 * A claim that belongs to the object goes with it, by Kubernetes' garbage collection; so does one of what belongs to it,
 * as of the StatefulSet that an operator made for it.
 */
async function claimOf(cluster: Cluster, live: LiveObject): Promise<string | undefined> {
  const { namespace, uid } = live.metadata;
  if (namespace === undefined || PASSING.has(groupKindOf(live))) {
    return undefined;
  }
  const kind = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
  try {
    const claims = await cluster.list(kind, { namespace, metadataOnly: true });
    const above = OWN_GROUP.test(groupOf(live.apiVersion)) ? 0 : MOST_OWNERS;
    for (const claim of claims) {
      if (uid !== undefined && (await isOwnedBy(cluster, claim, uid, above))) {
        return `${printId(idOf(claim))} would be deleted with it`;
      }
    }
    return undefined;
  } catch (error) {
    if (!isSluiceError(error, 'cluster-refused')) {
      throw error;
    }
    return `the claims that would be deleted with it cannot be seen: ${error.found}`;
  }
}

/** @param above how many owners further up are asked */
async function isOwnedBy(cluster: Cluster, { metadata }: LiveObject, uid: string, above: number): Promise<boolean> {
  const { ownerReferences = [], namespace = '' } = metadata;
  if (ownerReferences.some((owner) => owner.uid === uid)) {
    return true;
  }
  for (const { apiVersion, kind, name } of above === 0 ? [] : ownerReferences) {
    const owner = await cluster.read({ apiVersion, kind, namespace, name }, { metadataOnly: true });
    if (owner !== undefined && (await isOwnedBy(cluster, owner, uid, above - 1))) {
      return true;
    }
  }
  return false;
}
