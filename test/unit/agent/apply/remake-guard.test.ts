import { describe, expect, test } from 'vitest';
import { reasonNotToRemake } from '../../../../infra/agent/apply/remake-guard.ts';
import type { Cluster, LiveObject } from '../../../../infra/agent/cluster/cluster.ts';
import { idOf, keyOf } from '../../../../infra/agent/manifest.ts';
import { openDouble } from '../double.ts';

const object = (apiVersion: string, kind: string, name: string, owner?: LiveObject): LiveObject => ({
  ...{ apiVersion, kind },
  metadata: {
    ...{ name, namespace: 'shop', uid: `uid of ${name}` },
    ...(owner !== undefined && {
      ownerReferences: [
        { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: `${owner.metadata.uid}` },
      ],
    }),
  },
});
const database = object('example.com/v1', 'Database', 'db');
const set = object('apps/v1', 'StatefulSet', 'db-0', database);
const deployment = object('apps/v1', 'Deployment', 'web');
const pod = object('v1', 'Pod', 'web-0', object('apps/v1', 'ReplicaSet', 'web-1', deployment));
const claimOf = (owner?: LiveObject) => object('v1', 'PersistentVolumeClaim', 'data', owner);

/** A cluster with these objects. */
async function clusterOf(...objects: readonly LiveObject[]): Promise<Cluster> {
  const { cluster } = await openDouble();
  const byKey = new Map(objects.map((one) => [keyOf(idOf(one)), one]));
  return {
    ...cluster,
    read: async (id) => byKey.get(keyOf(id)),
    list: async ({ kind }) => objects.filter((one) => one.kind === kind),
  };
}

describe('an object that would take data with it is not made anew', () => {
  test.each([
    { what: 'a claim of its own', live: database, others: [claimOf(database)] },
    { what: 'a claim of the StatefulSet that its operator made', live: database, others: [set, claimOf(set)] },
  ])('$what', async ({ live, others }) => {
    expect(await reasonNotToRemake(await clusterOf(live, ...others), live, new Set())).toBe(
      'persistentvolumeclaim/shop/data would be deleted with it. Allow it with --prune-allow claims',
    );
    expect(await reasonNotToRemake(await clusterOf(live, ...others), live, new Set(['claims']))).toBeUndefined();
  });

  test.each([
    { kind: 'VolumeSnapshot', status: { boundVolumeSnapshotContentName: 'content-1' }, is: 'content-1' },
    { kind: 'VolumeSnapshotContent', status: { snapshotHandle: 'snap-1' }, is: 'snap-1' },
  ])('a $kind that was taken', async ({ kind, status, is }) => {
    const live = { ...object('snapshot.storage.k8s.io/v1', kind, 'nightly'), status };
    const reason = `it is the snapshot ${is}. Allow it with --prune-allow claims`;
    expect(await reasonNotToRemake(await clusterOf(live), live, new Set())).toBe(reason);
  });
});

test.each([
  { what: 'with a claim that belongs to nobody', live: database, others: [claimOf()] },
  { what: 'with a claim of another', live: database, others: [claimOf(object('example.com/v1', 'Database', 'other'))] },
  { what: 'with a volume of its pods that is to go with them', live: deployment, others: [pod, claimOf(pod)] },
  {
    what: 'a snapshot that was never taken',
    live: object('snapshot.storage.k8s.io/v1', 'VolumeSnapshot', 'a'),
    others: [],
  },
])('an object may be made anew: $what', async ({ live, others }) => {
  expect(await reasonNotToRemake(await clusterOf(live, ...others), live, new Set())).toBeUndefined();
});
