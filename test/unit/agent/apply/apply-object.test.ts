import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { applyAtOnce, applyObject } from '../../../../infra/agent/apply/apply-object.ts';
import type { ObservedState } from '../../../../infra/agent/apply/observe-object.ts';
import { openCluster } from '../../../../infra/agent/cluster/cluster.ts';
import { type ClusterAccess, clusterAccess } from '../../../../infra/agent/cluster/kubeconfig.ts';
import { type Fingerprint, manifestDigest } from '../../../../infra/agent/inventory/fingerprint.ts';
import { idOf, keyOf, type ObjectId } from '../../../../infra/agent/manifest.ts';
import { type Kubernetes, startKubernetes } from '../../../../infra/demo/kubernetes/server.ts';
import { openAgentStage } from '../../../flow/agent-stage.ts';

let kubernetes: Kubernetes;
let directory: string;
let access: ClusterAccess;
let stage: Awaited<ReturnType<typeof openAgentStage>>;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-agent-'));
  kubernetes = await startKubernetes({ podMillis: 10 });
  const file = join(directory, 'kubeconfig');
  writeFileSync(file, kubernetes.kubeconfig);
  access = await clusterAccess(file, undefined);
  stage = await openAgentStage(file);
});
afterEach(async () => {
  await kubernetes.stop();
  rmSync(directory, { recursive: true });
});

const ID = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
const configMap = (data: string, annotations = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, annotations: { ${annotations} } }\ndata: { ${data} }\n`;
const cluster = () => openCluster(access, 2000);
/** Applies as another field manager. */
async function applyAs(manager: string, data: object) {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data };
  const reply = await fetch(
    `${access.server}/api/v1/namespaces/default/configmaps/a?fieldManager=${manager}&force=true`,
    {
      method: 'PATCH',
      headers: { ...(await access.headers()), 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(body),
    },
  );
  expect(reply.ok).toBe(true);
}
const writes = (requests: readonly string[]) => requests.filter((request) => !request.startsWith('GET'));

describe('what was applied already', () => {
  test('is left alone without a write, and is one list for each kind', async () => {
    await stage.apply({ 'a.yml': configMap('a: "1"') });
    const { lines, requests } = await stage.apply({ 'a.yml': configMap('a: "1"') });
    expect(lines).toEqual(['configmap/default/a unchanged']);
    expect(requests).toEqual([
      'GET /api/v1',
      'GET /api/v1/namespaces/default/configmaps?limit=500&labelSelector=sluice.dev%2Finventory%3Dshop',
      'GET /api/v1/namespaces/default/configmaps?limit=500&labelSelector=sluice.dev%2Fagent%3Dshop',
    ]);
  });

  test('and changed by another is applied again, and named', async () => {
    await stage.apply({ 'a.yml': configMap('a: "1", b: "1"') });
    await applyAs('someone', { a: '2', foreign: 'x' });
    const { lines } = await stage.apply({ 'a.yml': configMap('a: "1", b: "1"') });
    expect(lines).toEqual(['configmap/default/a configured (drift: data.a was changed by someone)']);
    expect((await cluster().read(ID))?.['data']).toEqual({ a: '1', b: '1', foreign: 'x' });
  });

  test('and deleted by another is created again, and said so', async () => {
    await stage.apply({ 'a.yml': configMap('a: "1"') });
    await cluster().remove(ID);
    const { lines } = await stage.apply({ 'a.yml': configMap('a: "1"') });
    expect(lines).toEqual(['configmap/default/a created (drift: it was deleted by another hand)']);
  });
});

test.each([
  {
    what: 'A field that another set',
    manifest: { ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }, data: { a: '1' } },
    happens: async () => applyAs('someone', { foreign: 'x' }),
  },
  {
    what: 'A status that moved on',
    manifest: {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } },
      spec: {
        ...{ replicas: 1, selector: { matchLabels: { app: 'a' } } },
        template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } },
      },
    },
    happens: async (id: ObjectId) =>
      vi.waitUntil(async () => (await cluster().read(id))?.['status'] !== undefined, { timeout: 30_000 }),
  },
])('$what between the look and the apply is no drift', async ({ manifest, happens }) => {
  const id = { ...idOf(manifest), namespace: 'default' };
  const apply = async (before: Fingerprint | undefined, sight: ObservedState) => {
    const sights = new Map([[keyOf(idOf(manifest)), sight]]);
    const { signal } = new AbortController();
    const task = { manifest, digest: manifestDigest(manifest), place: 'a.yml:1', before, isHookRun: false };
    const [result] = await applyAtOnce([task], async (one) => applyObject(cluster(), one, sights, signal));
    return result;
  };
  const first = await apply(undefined, { is: 'missing' });
  const { metadata } = first?.live ?? (await cluster().read(id)) ?? manifest;
  await happens(id);
  expect(await apply(first?.applied, { is: 'there', metadata })).toMatchObject({ action: 'unchanged' });
});

describe('an object that is there already', () => {
  test.each([
    { how: 'taken over from kubectl', manager: 'kubectl', annotations: '', data: { a: '2' } },
    { how: 'left to its controller', manager: 'operator', annotations: '', data: { a: '2', old: 'x' } },
    { how: 'merged', manager: 'kubectl', annotations: 'sluice.dev/apply: Merge', data: { a: '2', old: 'x' } },
    {
      how: 'not touched',
      manager: 'kubectl',
      annotations: 'kustomize.toolkit.fluxcd.io/ssa: IfNotPresent',
      data: { a: '1', old: 'x' },
    },
    {
      how: 'not touched, in the words of Config Sync',
      manager: 'kubectl',
      annotations: 'client.lifecycle.config.k8s.io/mutation: ignore',
      data: { a: '1', old: 'x' },
    },
    { how: 'ignored', manager: 'kubectl', annotations: 'sluice.dev/apply: Ignore', data: { a: '1', old: 'x' } },
  ])('is $how', async ({ manager, annotations, data }) => {
    await applyAs(manager, { a: '1', old: 'x' });
    await stage.apply({ 'a.yml': configMap('a: "2"', annotations) });
    expect((await cluster().read(ID))?.['data']).toEqual(data);
  });

  test('and asks for what there is not fails, with its place', async () => {
    const { lines } = await stage.apply({ 'a.yml': configMap('a: "2"', 'sluice.dev/apply: Replace') });
    expect(lines).toEqual([
      'configmap/default/a failed (sluice.dev/apply: expected Override, Merge, IfNotPresent, Ignore, found "Replace" (a.yml:1))',
    ]);
  });
});

test('a dry run shows what would be, and writes nothing', async () => {
  const kept = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n';
  await stage.apply({ 'a.yml': configMap('a: "1"'), 'b.yml': kept });
  const { lines, diff } = await stage.dryRun({ 'a.yml': configMap('a: "2"') });
  expect(lines).toEqual(['configmap/default/a configured', 'configmap/default/b pruned']);
  expect(diff.split('\n').slice(2)).toEqual([
    '--- before/configmap/default/a.yaml',
    '+++ after/configmap/default/a.yaml',
    '@@ -1,6 +1,6 @@',
    ' apiVersion: v1',
    ' data:',
    '-  a: "1"',
    '+  a: "2"',
    ' kind: ConfigMap',
    ' metadata:',
    '   annotations: {}',
    '',
  ]);
  const again = await stage.apply({ 'a.yml': configMap('a: "1"'), 'b.yml': kept });
  expect(writes(again.requests)).toEqual([]);
});
