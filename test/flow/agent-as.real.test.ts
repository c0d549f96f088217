import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { writeTree } from '../unit/agent/render/tree.ts';
import { runAgent } from './agent-process.ts';
import { openAgentStage } from './agent-stage.ts';

const configMap = (name: string, within: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${within} }\ndata: { a: "1" }\n`;

describe('a tenant on a real control plane', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;
  let stage: Awaited<ReturnType<typeof openAgentStage>>;
  beforeAll(async () => {
    cluster = await startControlPlane();
    stage = await openAgentStage(cluster.kubeconfig);
    const { api } = cluster;
    for (const name of ['shop', 'other']) {
      await api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    const within = '/api/v1/namespaces/shop';
    await api.create(`${within}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'tenant' },
    });
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
    const metadata = { name: 'tenant' };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const verbs = ['get', 'list', 'create', 'patch', 'delete'];
    const rules = [
      { apiGroups: [''], resources: ['configmaps'], verbs },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch'] },
      { apiGroups: [''], resources: ['services'], verbs: ['create', 'patch'] },
      { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    ];
    await api.create(`${rbac}/roles`, { apiVersion, kind: 'Role', metadata, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'tenant' };
    const subjects = [{ kind: 'ServiceAccount', name: 'tenant', namespace: 'shop' }];
    await api.create(`${rbac}/rolebindings`, { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects });
  }, 120_000);
  afterAll(async () => cluster?.stop());
  const options = { agent: 'tenant', as: { namespace: 'shop', name: 'tenant' } };

  test('applies and prunes with the rights of its service account, and keeps its inventory with ours', async () => {
    const files = { 'a.yml': configMap('a', 'shop'), 'b.yml': configMap('b', 'shop') };
    expect((await stage.apply(files, options)).lines).toEqual(['configmap/shop/a created', 'configmap/shop/b created']);
    const fewer = await stage.apply({ 'a.yml': configMap('a', 'shop') }, options);
    expect(fewer.lines).toEqual(['configmap/shop/a unchanged', 'configmap/shop/b pruned']);
    expect((await cluster.api.request('/api/v1/namespaces/default/configmaps/sluice-inventory-tenant')).status).toBe(
      200,
    );
  });

  test('sees by itself what it may not list, and leaves alone what it may not see but must not touch', async () => {
    const of = (kind: string, name: string, rest: string) =>
      `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: shop, annotations: { sluice.dev/apply: IfNotPresent } }\n${rest}`;
    const sighted = { ...options, agent: 'sighted' };
    const files = { 's.yml': of('Secret', 's', 'stringData: { a: placeholder }\n') };
    expect((await stage.apply(files, sighted)).lines).toEqual(['secret/shop/s created']);
    const path = '/api/v1/namespaces/shop/secrets/s';
    const data = { a: Buffer.from('filled in').toString('base64') };
    await cluster.api.request(path, { method: 'PATCH', body: { data }, contentType: 'application/merge-patch+json' });
    const service = { 'v.yml': of('Service', 'v', 'spec: { ports: [{ port: 80 }] }\n') };
    const { lines } = await stage.apply({ ...files, ...service }, sighted);
    expect(lines).toEqual([
      'secret/shop/s unchanged',
      expect.stringMatching(
        /^service\/shop\/v failed \(the cluster would not say whether it is there: services .*\(v\.yml:1\)\)$/,
      ),
    ]);
    expect(await cluster.api.get(path)).toMatchObject({ data });
  });

  test('is refused what its service account may not do, and the rest is applied', async () => {
    const files = {
      'a.yml': configMap('a', 'shop'),
      'c.yml': configMap('c', 'shop'),
      'o.yml': configMap('o', 'other'),
    };
    const { lines } = await stage.apply(files, options);
    expect(lines).toEqual([
      'configmap/shop/a unchanged',
      'configmap/shop/c created',
      expect.stringMatching(
        /^configmap\/other\/o failed \(.*"system:serviceaccount:shop:tenant" cannot patch resource "configmaps" .* \(o\.yml:1\)\)$/,
      ),
    ]);
  });

  test('has Events written by its service account, so none where that may not write', async () => {
    const tree = writeTree({ 'a.yml': configMap('told', 'shop'), 'o.yml': configMap('told', 'other') });
    const flags = [
      '--once',
      '--dir',
      tree,
      '--as',
      'shop/tenant',
      '--name',
      'told',
      '--kubeconfig',
      cluster.kubeconfig,
    ];
    const { stderr } = await runAgent(flags);
    const events = async (namespace: string) => {
      const found = await cluster.api.get(`/api/v1/namespaces/${namespace}/events`);
      const { items } = found as { items: { reason: string; involvedObject: { name: string }; metadata: object }[] };
      return items.filter(({ involvedObject }) => involvedObject.name === 'told').map(({ reason }) => reason);
    };
    expect({ shop: await events('shop'), other: await events('other') }).toEqual({ shop: ['Created'], other: [] });
    expect(stderr).toMatch(
      /system:serviceaccount:shop:tenant.*cannot patch resource.*events.*"message":"events not written"/,
    );
  });
});
