import { describe, expect, test } from 'vitest';
import { useControlPlane } from './control-plane-stage.ts';

const ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles';

const named = (apiVersion: string, kind: string, name: string, more = '') =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name} }\n${more}`;
const rbac = (kind: string, name: string, more: string) => named('rbac.authorization.k8s.io/v1', kind, name, more);
const READ = 'rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]\n';

/** A kind of a group of its own that is called as one of Kubernetes' own. */
const definition = (kind: string, plural: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.order.example.com }
spec:
  group: order.example.com
  scope: Namespaced
  names: { kind: ${kind}, plural: ${plural}, singular: my${kind.toLowerCase()} }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;

describe('the order of a revision on a real control plane', { timeout: 120_000 }, () => {
  const on = useControlPlane();

  test('kinds go one after the other: a pod and a token after their account, a binding after its role', async () => {
    const pod = `apiVersion: v1
kind: Pod
metadata: { name: a }
spec: { serviceAccountName: a, containers: [{ name: a, image: "registry.example.com/a:1" }] }
`;
    const token = `apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata: { name: a, annotations: { kubernetes.io/service-account.name: a } }
`;
    const binding = rbac(
      'RoleBinding',
      'a',
      'roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: a }\nsubjects: [{ kind: ServiceAccount, name: a, namespace: default }]\n',
    );
    const files = {
      'a.yml': [pod, token, binding].join('---\n'),
      'z.yml': [rbac('Role', 'a', READ), named('v1', 'ServiceAccount', 'a')].join('---\n'),
    };
    const { lines } = await on.stage.apply(files, { agent: 'kinds' });
    expect(lines).toEqual([
      'serviceaccount/default/a created',
      'role/default/a created',
      'rolebinding/default/a created',
      'secret/default/a created',
      'pod/default/a created',
    ]);
  });

  test('the rules of an aggregated role are its controller’s, whatever Git says of them', async () => {
    const aggregated = (rules: string) =>
      rbac(
        'ClusterRole',
        'gathered',
        `aggregationRule: { clusterRoleSelectors: [{ matchLabels: { order.example.com/gather: "true" } }] }\nrules: ${rules}\n`,
      );
    const part = rbac('ClusterRole', 'part', READ).replace(
      'name: part',
      'name: part, labels: { order.example.com/gather: "true" }',
    );
    const rulesOf = async () =>
      ((await on.cluster.api.get(`${ROLES}/gathered`)) as { rules: readonly unknown[] | null }).rules;
    const gathered = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
    for (const rules of ['[]', '[{ apiGroups: [apps], resources: [deployments], verbs: [list] }]', 'null']) {
      const files = { 'a.yml': aggregated(rules), 'b.yml': part };
      await on.stage.apply(files, { agent: 'gathered' });
      await expect.poll(rulesOf, { timeout: 20_000 }).toEqual(gathered);
      const { lines } = await on.stage.apply(files, { agent: 'gathered' });
      expect(lines).toEqual(['clusterrole/gathered unchanged', 'clusterrole/part unchanged']);
    }
  });

  test.each([
    { kind: 'Role', plural: 'roles' },
    { kind: 'Secret', plural: 'secrets' },
    { kind: 'ConfigMap', plural: 'configmaps' },
    { kind: 'Job', plural: 'jobs' },
  ])('a $kind of another group is judged by its status, at each sync', async ({ kind, plural }) => {
    const name = `own-${plural}`;
    const files = { 'd.yml': definition(kind, plural), 'r.yml': named('order.example.com/v1', kind, name) };
    const options = { agent: name, healthTimeoutMillis: 500 };
    await on.stage.apply(files, options);
    const path = `/apis/order.example.com/v1/namespaces/default/${plural}/${name}/status`;
    const setReady = async (status: string) => {
      const body = { status: { conditions: [{ type: 'Ready', status, message: 'no such database' }] } };
      await on.cluster.api.request(path, { method: 'PATCH', contentType: 'application/merge-patch+json', body });
    };
    await setReady('False');
    const { report } = await on.stage.apply(files, options);
    expect(report).toMatchObject({
      healthy: false,
      problems: [`${kind.toLowerCase()}/default/${name}: it is not ready: no such database`],
    });
    await setReady('True');
    expect((await on.stage.apply(files, options)).report).toMatchObject({ healthy: true, problems: [] });
  });
});
