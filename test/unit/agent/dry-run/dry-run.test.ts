import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../../infra/agent/cluster/cluster.ts';
import { dryRun } from '../../../../infra/agent/dry-run/dry-run.ts';
import { openInventory } from '../../../../infra/agent/inventory/inventory.ts';
import type { Manifest } from '../../../../infra/agent/manifest.ts';
import { DEFAULT_PRUNE_LIMIT } from '../../../../infra/agent/prune/prune-limit.ts';
import { reconcile } from '../../../../infra/agent/reconcile.ts';
import { silentLog } from '../../../../shared/log.ts';
import { openDouble } from '../double.ts';

/** Applies an object, and shows what applying another one would change. */
async function diffOf(before: Manifest | undefined, after: Manifest, isSecret: boolean, secrets: readonly string[]) {
  const { cluster } = await openDouble();
  const ports = {
    cluster,
    inventory: openInventory(cluster, 'shop', 'default'),
    mark: async () => {},
    agent: 'shop',
    prune: { limit: DEFAULT_PRUNE_LIMIT, allow: new Set<never>() },
    healthTimeoutMillis: 0,
    signal: new AbortController().signal,
    log: silentLog,
    now: Date.now,
  };
  const revision = { repository: 'r', branch: 'main', commit: 'c' };
  const rendered = (manifest: Manifest, values: readonly string[]) => ({
    objects: [{ manifest, place: 'a.yml', ...(isSecret && { isSecret }) }],
    ...{ skipped: [], failures: [], secrets: values },
  });
  if (before !== undefined) {
    await reconcile(revision, rendered(before, []), ports);
  }
  const { diff } = await dryRun(revision, rendered(after, secrets), ports);
  return diff.split('\n').filter((line) => /^[+-] /.test(line));
}

const configMap = (data: object): Manifest => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });
const secret = (fields: object): Manifest => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, ...fields });

describe('the diff of a dry run shows no secret', () => {
  test.each([
    {
      what: 'that is new',
      before: undefined,
      after: configMap({ url: 'postgres://u:correct-horse@db', open: 'shown' }),
      lines: ['+  open: shown', '+  url: postgres://u:***@db'],
    },
    {
      what: 'of before, which nobody knows any more',
      before: configMap({ pass: 'hunter2', gone: 'hunter2', same: 'shown' }),
      after: configMap({ pass: 'correct-horse', same: 'shown' }),
      lines: ['-  gone: "*** (before)"', '-  pass: "*** (before)"', '+  pass: "***"'],
    },
    {
      what: 'of before where a constant takes its place',
      before: configMap({ pass: 'hunter2' }),
      after: configMap({ pass: 'none' }),
      lines: ['-  pass: "*** (before)"', '+  pass: none'],
    },
  ])('$what', async ({ before, after, lines }) => {
    const shown = await diffOf(before, after, true, ['correct-horse']);
    expect(shown.filter((line) => line.includes('  ') && !/name|labels|sluice/.test(line))).toEqual(lines);
    expect(shown.join('\n')).not.toMatch(/hunter2|correct/);
  });

  test('in a Secret with stringData that the server would refuse', async () => {
    const shown = await diffOf(undefined, secret({ stringData: { a: 'hunter2', b: 'c' } }), true, []);
    expect(shown.join('\n')).not.toMatch(/hunter2|aHVudGVyMg/);
    expect(shown).toContain('+  a: "***"');
  });
});

test('an object that is not secret is shown as it is, but for values of Secrets', async () => {
  const before = configMap({ a: 'one', b: 'two' });
  const after = configMap({ a: 'three', b: 'is correct-horse' });
  expect(await diffOf(before, after, false, ['correct-horse'])).toEqual([
    '-  a: one',
    '-  b: two',
    '+  a: three',
    '+  b: is ***',
  ]);
});

test('objects of one kind name in two groups are kept apart, in results and in the diff', async () => {
  const { cluster } = await openDouble();
  const group = 'example.com/v1';
  // The double knows no kinds of others.
  const both: Cluster = {
    ...cluster,
    complete: async (manifest) =>
      manifest.apiVersion === group
        ? { ...manifest, metadata: { ...manifest.metadata, namespace: 'default' } }
        : cluster.complete(manifest),
    read: async (id, how) => (id.apiVersion === group ? undefined : cluster.read(id, how)),
    apply: async (manifest, write) => (manifest.apiVersion === group ? manifest : cluster.apply(manifest, write)),
  };
  const others: Manifest = { ...configMap({ of: 'another group' }), apiVersion: group };
  const objects = [configMap({ of: 'the core' }), others].map((manifest) => ({ manifest, place: 'a.yml' }));
  const { report, diff } = await dryRun(
    { repository: 'r', branch: 'main', commit: 'c' },
    { objects, skipped: [], failures: [], secrets: [] },
    {
      ...{ cluster: both, agent: 'shop', mark: async () => {}, log: silentLog, now: Date.now },
      inventory: openInventory(cluster, 'shop', 'default'),
      prune: { limit: DEFAULT_PRUNE_LIMIT, allow: new Set<never>() },
      healthTimeoutMillis: 0,
      signal: new AbortController().signal,
    },
  );
  expect(report.objects.map(({ object, action }) => `${object} ${action}`)).toEqual([
    'configmap/default/a created',
    'configmap.example.com/default/a created',
  ]);
  expect(diff).toContain('after/configmap/default/a.yaml');
  expect(diff).toContain('after/configmap.example.com/default/a.yaml');
  expect(diff).toContain('of: the core');
  expect(diff).toContain('of: another group');
});
