import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Cluster, openCluster } from '../../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../../infra/agent/cluster/kubeconfig.ts';
import { openInventory } from '../../../infra/agent/inventory/inventory.ts';
import type { Manifest } from '../../../infra/agent/manifest.ts';
import { DEFAULT_PRUNE_LIMIT } from '../../../infra/agent/prune/prune-limit.ts';
import { reconcile } from '../../../infra/agent/reconcile.ts';
import { type Kubernetes, startKubernetes } from '../../../infra/demo/kubernetes/server.ts';
import { SluiceError } from '../../../shared/errors.ts';
import { recordingLog } from '../../fakes/recording.ts';
import { renderFiles } from './render/tree.ts';

let kubernetes: Kubernetes;
let cluster: Cluster;
let directory: string;
let marks: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-agent-'));
  kubernetes = await startKubernetes({ podMillis: 10 });
  const file = join(directory, 'kubeconfig');
  writeFileSync(file, kubernetes.kubeconfig);
  cluster = openCluster(await clusterAccess(file, undefined), 2000);
  marks = [];
});
afterEach(async () => {
  await kubernetes.stop();
  rmSync(directory, { recursive: true });
});

const configMap = (name: string, more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}${more} }\ndata: { a: b }\n`;
const deployment = (image: string, selector = 'hello') => `apiVersion: apps/v1
kind: Deployment
metadata: { name: hello }
spec:
  replicas: 1
  selector: { matchLabels: { app: ${selector} } }
  template:
    metadata: { labels: { app: hello } }
    spec: { containers: [{ name: hello, image: "${image}" }] }
`;
const configMapId = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name });

async function apply(
  files: Readonly<Record<string, string>>,
  commit = 'c1',
  healthTimeoutMillis = 5000,
  over: Partial<Cluster> = {},
  signal = new AbortController().signal,
) {
  const { log, lines } = recordingLog();
  const revision = { repository: 'https://git.example.com/hello.git', branch: 'main', commit };
  const rendered = await renderFiles(files);
  const changed = { ...cluster, ...over };
  const { report, isCutShort } = await reconcile(revision, rendered, {
    cluster: changed,
    inventory: openInventory(changed, 'shop', 'default'),
    async mark(marked) {
      if (marked === 'read-only') {
        throw new SluiceError({ code: 'git-refused', subject: 'repository', found: 'a key that may only read' });
      }
      marks.push(marked);
    },
    agent: 'shop',
    prune: { limit: DEFAULT_PRUNE_LIMIT, allow: new Set() },
    healthTimeoutMillis,
    signal,
    log,
    now: Date.now,
  });
  return { report, isCutShort, lines, actions: report.objects.map(({ object, action }) => `${object} ${action}`) };
}

describe('a revision', () => {
  test('is created, left alone where it stands, changed, and pruned', async () => {
    const first = await apply({ 'a.yml': configMap('a'), 'b.yml': configMap('b'), 'd.yml': deployment('hello:1') });
    expect(first.actions).toEqual([
      'configmap/default/a created',
      'configmap/default/b created',
      'deployment/default/hello created',
    ]);
    expect(first.report).toMatchObject({ version: 1, cluster: 'shop', revision: 'c1', healthy: true, problems: [] });
    const again = await apply({ 'a.yml': configMap('a'), 'b.yml': configMap('b'), 'd.yml': deployment('hello:1') });
    expect(again.actions.every((line) => line.endsWith(' unchanged'))).toBe(true);
    const second = await apply({ 'a.yml': configMap('a'), 'd.yml': deployment('hello:2') }, 'c2');
    expect(second.actions).toEqual([
      'configmap/default/a unchanged',
      'deployment/default/hello configured',
      'configmap/default/b pruned',
    ]);
    expect(await cluster.read(configMapId('b'))).toBeUndefined();
    expect(marks).toEqual(['c1', 'c1', 'c2']);
  });

  test("keeps what left Git when a chart became another controller's, and prunes again from the next one on", async () => {
    const release = JSON.stringify({
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'web', annotations: { 'sluice.dev/ignore': 'true' } },
      spec: { chart: { spec: { chart: 'web', sourceRef: { kind: 'GitRepository', name: 'infra' } } } },
    });
    const migrated = { 'release.yml': release, 'web/Chart.yaml': 'name: web\n', 'a.yml': configMap('a') };
    // What the chart gave when it was deployed by itself: whatever it would give now, nobody knows.
    await apply({ 'a.yml': configMap('a'), 'b.yml': configMap('b'), 'volume.yml': configMap('volume') });
    const { report, isCutShort } = await apply({ ...migrated, 'b.yml': configMap('b') }, 'c2');
    expect({ healthy: report.healthy, isCutShort }).toEqual({ healthy: true, isCutShort: false });
    expect(report.objects).toContainEqual({
      object: 'configmap/default/volume',
      action: 'skipped',
      reason:
        'it left Git, but may be of a chart that is no longer deployed by itself (web): it stays, and is no longer ours',
    });
    expect((await apply(migrated, 'c3')).actions).toContain('configmap/default/b pruned');
    // The chart leaves with its release, which another controller answers for.
    expect((await apply({ 'a.yml': configMap('a') }, 'c4')).actions).toEqual(['configmap/default/a unchanged']);
    expect(await cluster.read(configMapId('volume'))).toBeDefined();
    expect(marks).toEqual(['c1', 'c2', 'c3', 'c4']);
  });

  test('with a file that cannot be read applies the rest, prunes nothing and keeps the marker', async () => {
    await apply({ 'a.yml': configMap('a'), 'b.yml': configMap('b') });
    const { report, actions } = await apply({ 'a.yml': 'kind: [', 'c.yml': configMap('c') }, 'c2');
    expect(actions).toEqual(['configmap/default/c created']);
    expect(report).toMatchObject({ healthy: false, problems: [expect.stringMatching(/^a\.yml:1: /)] });
    expect(await cluster.read(configMapId('b'))).toBeDefined();
    expect(marks).toEqual(['c1']);
    // What left Git meanwhile is not forgotten.
    expect((await apply({ 'b.yml': configMap('b'), 'c.yml': configMap('c') }, 'c3')).actions).toEqual([
      'configmap/default/b unchanged',
      'configmap/default/c unchanged',
      'configmap/default/a pruned',
    ]);
  });

  test('with an object that is refused says so in the API’s words, and applies its neighbours', async () => {
    const { report, actions } = await apply({ 'd.yml': deployment('hello:1', 'other'), 'z.yml': configMap('z') });
    expect(actions).toEqual(['configmap/default/z created', 'deployment/default/hello failed']);
    expect(report.problems).toEqual([
      expect.stringMatching(
        /^deployment\/default\/hello: Deployment\.apps "hello" is invalid: .*`selector` does not match/,
      ),
    ]);
    expect(marks).toEqual([]);
  });

  test('of which something is being deleted by another hand is not healthy, even where its kind has no status', async () => {
    await apply({ 'a.yml': configMap('a') });
    const deletionTimestamp = '2026-11-26T06:00:00Z';
    const { report, actions } = await apply({ 'a.yml': configMap('a') }, 'c1', 0, {
      async *pages(...which) {
        for await (const page of cluster.pages(...which)) {
          yield page.map((one) => Object.assign(one, { metadata: { ...one.metadata, deletionTimestamp } }));
        }
      },
    });
    expect(actions).toEqual(['configmap/default/a unchanged']);
    expect(report.problems).toEqual(['configmap/default/a: it is being deleted']);
  });

  test('with a definition that is being deleted does not wait until that is established', async () => {
    const definition = 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: d }\n';
    let made: Manifest | undefined;
    const { actions } = await apply({ 'd.yml': definition, 'a.yml': configMap('a') }, 'c1', 0, {
      complete: async (manifest) => (manifest.kind === 'ConfigMap' ? cluster.complete(manifest) : manifest),
      read: async (id, how) => (id.kind === 'ConfigMap' ? cluster.read(id, how) : made),
      async apply(manifest) {
        if (manifest.kind === 'ConfigMap') {
          return cluster.apply(manifest);
        }
        made = { ...manifest, metadata: { ...manifest.metadata, ...{ deletionTimestamp: '2026-11-26T06:00:00Z' } } };
        return made;
      },
    });
    expect(actions).toEqual(['customresourcedefinition/d created', 'configmap/default/a created']);
  });

  test('of a kind that the cluster does not know says so', async () => {
    const { report } = await apply({ 'w.yml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w }\n' });
    expect(report.problems).toEqual(['widget/w: no kind Widget in example.com/v1 (w.yml:1)']);
  });

  const slowly = async () => {
    await kubernetes.stop();
    kubernetes = await startKubernetes({ podMillis: 60_000 });
    const file = join(directory, 'slow');
    writeFileSync(file, kubernetes.kubeconfig);
    cluster = openCluster(await clusterAccess(file, undefined), 2000);
  };

  test('that is not rolled out in time says how far it came', async () => {
    await slowly();
    const { report, isCutShort } = await apply({ 'd.yml': deployment('hello:1') }, 'c1', 300);
    expect(report).toMatchObject({
      healthy: false,
      problems: ['deployment/default/hello: 0 of 1 replicas are updated'],
    });
    expect(isCutShort).toBe(false);
  });

  test.each([
    { what: 'waits alone is not known to be unhealthy', files: { 'd.yml': deployment('hello:1') }, isCutShort: true },
    {
      what: 'has a fault besides is unhealthy',
      files: { 'd.yml': deployment('hello:1'), 'w.yml': 'kind: [' },
      isCutShort: false,
    },
    { what: 'is healthy is that', files: { 'a.yml': configMap('a') }, isCutShort: false },
  ])('of which the wait is ended and which $what', async ({ files, isCutShort }) => {
    await slowly();
    expect(await apply(files, 'c1', 60_000, {}, AbortSignal.abort())).toMatchObject({ isCutShort });
  });
});

test('the inventory names an object before it is created', async () => {
  const applied: Manifest[] = [];
  const watched = async (manifest: Manifest) => {
    applied.push(manifest);
    return cluster.apply(manifest);
  };
  await apply({ 'a.yml': configMap('a') }, 'c1', 5000, { apply: watched });
  expect(applied.slice(0, 2)).toMatchObject([
    { metadata: { name: 'sluice-inventory-shop' }, data: { objects: 'v1 ConfigMap default a new', revision: 'c1' } },
    { metadata: { name: 'a', labels: { 'sluice.dev/agent': 'shop' } } },
  ]);
});

test('an object whose deletion is refused fails, and stays in the inventory until it is gone', async () => {
  await apply({ 'a.yml': configMap('a'), 'b.yml': configMap('b') });
  const remove = async () => {
    throw new SluiceError({ code: 'cluster-refused', subject: 'configmap/default/b', found: 'a webhook said no' });
  };
  const { report } = await apply({ 'a.yml': configMap('a') }, 'c2', 5000, { remove });
  expect(report).toMatchObject({
    healthy: false,
    problems: ['configmap/default/b: it left Git, but a webhook said no'],
  });
  expect((await apply({ 'a.yml': configMap('a') }, 'c3')).actions).toContain('configmap/default/b pruned');
});

test('what left Git and is gone already is no fault', async () => {
  await apply({ 'a.yml': configMap('a'), 'b.yml': configMap('b') });
  await cluster.remove(configMapId('b'));
  const { report } = await apply({ 'a.yml': configMap('a') }, 'c2');
  expect(report).toMatchObject({ healthy: true, problems: [] });
});

test('an object that is written once with its namespace and once without stands twice', async () => {
  const { report } = await apply({ 'a.yml': configMap('a'), 'b.yml': configMap('a', ', namespace: default') });
  expect(report.problems).toEqual(['configmap/default/a: stands in a.yml:1 and again in b.yml:1']);
  expect(marks).toEqual([]);
});

test.each([{ namespace: '""' }, { namespace: 'null' }])(
  'an object whose namespace comes to be $namespace stays the same object',
  async ({ namespace }) => {
    await apply({ 'a.yml': configMap('a'), 'b.yml': configMap('b') });
    const { actions } = await apply({ 'a.yml': configMap('a', `, namespace: ${namespace}`), 'b.yml': configMap('b') });
    expect(actions).toEqual(['configmap/default/a unchanged', 'configmap/default/b unchanged']);
  },
);

test('an API group that is away fails its objects alone', async () => {
  const complete = async (manifest: Manifest) => {
    if (manifest.kind === 'Widget') {
      throw new SluiceError({ code: 'cluster-refused', subject: 'example.com/v1', found: 'service unavailable' });
    }
    return cluster.complete(manifest);
  };
  const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w }\n';
  const { report, actions } = await apply({ 'w.yml': widget, 'a.yml': configMap('a') }, 'c1', 5000, { complete });
  expect(actions.toSorted()).toEqual(['configmap/default/a created', 'widget/w failed']);
  expect(report.problems).toEqual(['widget/w: service unavailable (w.yml:1)']);
});

test('an object of a kind that came to be known later is not pruned for what it was called before', async () => {
  const complete = async () => undefined;
  const { report } = await apply({ 'a.yml': configMap('a') }, 'c1', 5000, { complete });
  expect(report.problems).toEqual(['configmap/a: no kind ConfigMap in v1 (a.yml:1)']);
  expect((await apply({ 'a.yml': configMap('a') }, 'c2')).actions).toEqual(['configmap/default/a created']);
  expect((await apply({ 'a.yml': configMap('a') }, 'c3')).actions).toEqual(['configmap/default/a unchanged']);
});

test('an object that is to be left alone may be of a kind that is not known', async () => {
  const widget =
    'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w, annotations: { sluice.dev/ignore: "true" } }\n';
  const { report, actions } = await apply({ 'w.yml': widget });
  expect({ healthy: report.healthy, actions }).toEqual({ healthy: true, actions: ['widget/w skipped'] });
});

test('a marker that cannot be moved is told, and nothing else', async () => {
  await apply({ 'a.yml': configMap('a') });
  const { report, lines } = await apply({ 'a.yml': configMap('a') }, 'read-only');
  expect(report.healthy).toBe(true);
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'marker not moved' }));
});

describe('pruning leaves', () => {
  test.each([
    {
      what: 'what an annotation keeps',
      change: { annotations: { 'sluice.dev/prune': 'disabled' } },
      says: 'sluice.dev/prune keeps it',
    },
    {
      what: 'what Argo CD’s annotation keeps',
      change: { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' } },
      says: 'sync-options keeps it',
    },
    {
      what: 'what Flux’s annotation keeps',
      change: { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } },
      says: 'kustomize.toolkit.fluxcd.io/prune keeps it',
    },
    {
      what: 'what is labelled as another’s',
      change: { labels: { 'sluice.dev/agent': 'other' } },
      says: 'no longer labelled as ours',
    },
    {
      what: 'what another object owns',
      change: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] },
      says: 'another object owns it',
    },
  ])('$what', async ({ change, says }) => {
    await apply({ 'a.yml': configMap('a') });
    const metadata = { name: 'a', namespace: 'default', ...change };
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { labels: { 'sluice.dev/agent': 'shop' }, ...metadata },
    } satisfies Manifest);
    const { report } = await apply({ 'b.yml': configMap('b') }, 'c2');
    expect(report.objects).toContainEqual({
      object: 'configmap/default/a',
      action: 'skipped',
      reason: expect.stringContaining(says),
    });
    expect(await cluster.read(configMapId('a'))).toBeDefined();
  });
});
