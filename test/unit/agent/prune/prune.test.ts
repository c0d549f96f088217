import { describe, expect, test } from 'vitest';
import { expectOk } from '../../../../infra/agent/cluster/client.ts';
import type { Cluster } from '../../../../infra/agent/cluster/cluster.ts';
import type { ObjectId } from '../../../../infra/agent/manifest.ts';
import { pruneObjects } from '../../../../infra/agent/prune/prune.ts';
import { DEFAULT_PRUNE_LIMIT } from '../../../../infra/agent/prune/prune-limit.ts';
import { openDouble } from '../double.ts';

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'default', name: 'a' };
const lease = (agent: string, annotations = {}) => ({
  ...{ apiVersion: LEASE.apiVersion, kind: LEASE.kind },
  metadata: { name: 'a', namespace: 'default', labels: { 'sluice.dev/agent': agent }, annotations },
});

async function prune(cluster: Cluster, id: ObjectId, ...allow: readonly 'namespaces'[]) {
  const pruning = { left: [{ id }], staying: 8, added: 0, agent: 'shop', wanted: [] };
  const { results } = await pruneObjects(cluster, pruning, { limit: DEFAULT_PRUNE_LIMIT, allow: new Set(allow) });
  return results[0];
}

test.each([
  { what: 'the one that the inventory names', version: 'v1' },
  { what: 'another than the inventory names, which is served no longer', version: 'v1beta1' },
])('an object is found in the version that is served: $what', async ({ version }) => {
  const { cluster } = await openDouble();
  await cluster.apply(lease('shop'));
  const id = { ...LEASE, apiVersion: `coordination.k8s.io/${version}` };
  expect(await prune(cluster, id)).toEqual({ id, action: 'pruned' });
  expect(await cluster.read(LEASE)).toBeUndefined();
});

describe('an object that is changed between the look and the deletion', () => {
  const changing = (cluster: Cluster, changes: readonly ReturnType<typeof lease>[]): Cluster => {
    const left = [...changes];
    return {
      ...cluster,
      async remove(id, how) {
        const change = left.shift();
        if (change !== undefined) {
          await cluster.apply(change);
        }
        return cluster.remove(id, how);
      },
    };
  };
  const often = ['1', '2', '3', '4'].map((time) => lease('shop', { 'example.com/time': time }));

  test.each([
    {
      what: 'so that it is of another source',
      changes: [lease('web')],
      is: 'skipped',
      says: 'is no longer labelled as ours',
    },
    {
      what: 'so that it asks to stay',
      changes: [lease('shop', { 'sluice.dev/prune': 'disabled' })],
      is: 'skipped',
      says: 'sluice.dev/prune keeps it',
    },
    { what: 'in what says nothing of that', changes: often.slice(0, 3), is: 'pruned', says: undefined },
    {
      what: 'all the time',
      changes: often,
      is: 'failed',
      says: expect.stringContaining('Precondition failed: ResourceVersion in precondition'),
    },
  ])('$what is $is', async ({ changes, is, says }) => {
    const { cluster } = await openDouble();
    await cluster.apply(lease('shop'));
    const result = await prune(changing(cluster, changes), LEASE);
    expect(result).toEqual({
      id: LEASE,
      action: is,
      ...(says !== undefined && { reason: typeof says === 'string' ? `it left Git, but ${says}` : says }),
    });
    expect((await cluster.read(LEASE)) === undefined).toBe(is === 'pruned');
  });
});

test.each([
  { what: 'is not there', id: LEASE },
  { what: 'is of a group that nobody serves', id: { ...LEASE, apiVersion: 'example.com/v1' } },
  { what: 'is of a kind that its group has in no version', id: { ...LEASE, kind: 'LeaseCandidate' } },
])('an object that $what is gone', async ({ id }) => {
  const { cluster } = await openDouble();
  expect(await prune(cluster, id)).toEqual({ id, action: 'pruned', reason: 'it was gone already' });
});

describe('a namespace that left Git', () => {
  const SHOP = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'shop' };
  const within = (apiVersion: string, kind: string, name: string) => ({
    ...{ apiVersion, kind },
    metadata: { name, namespace: 'shop' },
  });
  const resources: Readonly<Record<string, readonly [string, string]>> = {
    Deployment: ['apps', 'deployments'],
    Event: ['', 'events'],
    Lease: ['coordination.k8s.io', 'leases'],
    Pod: ['', 'pods'],
    Secret: ['', 'secrets'],
    Service: ['', 'services'],
    ServiceAccount: ['', 'serviceaccounts'],
  };
  /** Refuses to list some kinds in the words of the API server. */
  const forbidding = (cluster: Cluster, kinds: readonly string[]): Cluster => ({
    ...cluster,
    async *pages(kind, selection) {
      const [group, resource] = kinds.includes(kind.kind) ? (resources[kind.kind] ?? []) : [];
      if (resource !== undefined) {
        const message = `${resource} is forbidden: User "agent" cannot list resource "${resource}"`;
        expectOk({ status: 403, body: { message, reason: 'Forbidden', details: { group, kind: resource } } }, resource);
      }
      yield* cluster.pages(kind, selection);
    },
  });
  const next = 'Allow it with --prune-allow namespaces or the annotation sluice.dev/prune: with-contents';

  test.each([
    { what: 'holds what others make for its objects', holds: within('v1', 'Event', 'theirs'), forbidden: [] },
    { what: 'holds what is never looked at', holds: within('v1', 'Event', 'theirs'), forbidden: ['Event'] },
  ])('goes where it $what', async ({ holds, forbidden }) => {
    const { cluster } = await openDouble();
    await cluster.apply({ ...SHOP, metadata: { name: 'shop', labels: { 'sluice.dev/agent': 'shop' } } });
    await cluster.apply(holds);
    expect(await prune(forbidding(cluster, forbidden), SHOP)).toEqual({ id: SHOP, action: 'pruned' });
  });

  test.each([
    {
      what: 'a kind in it may not be listed',
      forbidden: ['Lease'],
      says: 'what is in it cannot be seen without the right to list coordination.k8s.io/leases, which sluice install gives with --allow',
    },
    {
      what: 'many may not be',
      forbidden: Object.keys(resources),
      says: 'what is in it cannot be seen without the right to list /secrets, /services, /serviceaccounts, /pods, coordination.k8s.io/leases and 1 more, which sluice install gives with --allow',
    },
    {
      what: 'one may not be, and of another there is one that is not ours',
      forbidden: ['Secret'],
      holds: within('coordination.k8s.io/v1', 'Lease', 'theirs'),
      says: 'lease/shop/theirs in it is not ours',
    },
  ])('stays where $what', async ({ forbidden, holds, says }) => {
    const { cluster } = await openDouble();
    await cluster.apply({ ...SHOP, metadata: { name: 'shop', labels: { 'sluice.dev/agent': 'shop' } } });
    if (holds !== undefined) {
      await cluster.apply(holds);
    }
    const reason = `it left Git, but ${says}. ${next}`;
    expect(await prune(forbidding(cluster, forbidden), SHOP)).toEqual({ id: SHOP, action: 'failed', reason });
  });

  describe('and may take all', () => {
    const open = async () => {
      const { cluster } = await openDouble();
      await cluster.apply({ ...SHOP, metadata: { name: 'shop', labels: { 'sluice.dev/agent': 'shop' } } });
      await cluster.apply(within('coordination.k8s.io/v1', 'Lease', 'theirs'));
      return cluster;
    };

    test('goes with what others have in it, seen or not', async () => {
      const cluster = await open();
      expect(await prune(forbidding(cluster, ['Secret', 'Lease']), SHOP, 'namespaces')).toEqual({
        id: SHOP,
        action: 'pruned',
      });
    });

    test('stays while the cluster does not say what asks to be kept in it', async () => {
      const cluster = await open();
      const failing: Cluster = {
        ...cluster,
        async *pages(kind, selection) {
          if (kind.kind === 'Lease') {
            expectOk(
              { status: 500, body: { kind: 'Status', code: 500, message: 'etcdserver: leader changed' } },
              'leases',
            );
          }
          yield* cluster.pages(kind, selection);
        },
      };
      const reason = 'it left Git, but what is in it cannot be seen: etcdserver: leader changed';
      expect(await prune(failing, SHOP, 'namespaces')).toEqual({ id: SHOP, action: 'failed', reason });
    });

    test('goes with the copies that controllers make of an owner’s marks', async () => {
      const cluster = await open();
      const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u' };
      const marked = { namespace: 'shop', annotations: { 'sluice.dev/prune': 'disabled' }, ownerReferences: [owner] };
      await cluster.apply({
        ...{ apiVersion: 'v1', kind: 'Pod' },
        metadata: { name: 'web-1', ...marked },
        spec: { containers: [{ name: 'a', image: 'a:1' }] },
      });
      expect(await prune(cluster, SHOP, 'namespaces')).toEqual({ id: SHOP, action: 'pruned' });
    });
  });
});
