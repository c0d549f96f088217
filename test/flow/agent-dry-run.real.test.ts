import { describe, expect, test } from 'vitest';
import { useControlPlane } from './control-plane-stage.ts';

const deployment = (image: string, app = 'web') => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { sluice.dev/force: enabled } }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${app} } }
  template:
    metadata: { labels: { app: ${app} } }
    spec:
      containers:
        - { name: web, image: "registry.example.com/web:${image}", ports: [{ containerPort: 80 }] }
`;
const secret = (value: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { key: ${value}, other: o }\n`;
const configMap = (name: string, within = 'default') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${within} }\ndata: { a: "1" }\n`;
const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: fresh }\n';
const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`;
const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w }\n';

describe('a dry run on a real control plane', { timeout: 120_000 }, () => {
  const on = useControlPlane();
  const everything = async () => {
    const paths = [
      '/apis/apps/v1/deployments',
      '/api/v1/namespaces/default/configmaps',
      '/api/v1/namespaces/default/secrets',
    ];
    const more = ['/api/v1/namespaces', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'];
    const lists = await Promise.all([...paths, ...more].map(async (path) => on.cluster.api.get(path)));
    return (lists as { items: { spec?: unknown; data?: unknown; metadata: { name: string; uid: string } }[] }[]).map(
      ({ items }) =>
        items.flatMap(({ spec, data, metadata: { name, uid } }) =>
          // The cluster's own controllers make this one when they come to it.
          name === 'kube-root-ca.crt' ? [] : [{ name, uid, spec, data }],
        ),
    );
  };

  test('shows what would be done, with a diff, and changes nothing', async () => {
    const files = {
      'd.yml': deployment('1'),
      's.yml': secret('old'),
      'a.yml': configMap('a'),
      'b.yml': configMap('b'),
    };
    await on.stage.apply(files);
    const before = await everything();
    const { lines, diff, report } = await on.stage.dryRun({
      'd.yml': deployment('2'),
      's.yml': secret('new'),
      'a.yml': configMap('a'),
      'n.yml': `${namespace}---\n${configMap('inside', 'fresh')}`,
      'w.yml': `${definition}---\n${widget}`,
    });
    expect(lines).toEqual([
      'customresourcedefinition/widgets.example.com created',
      'namespace/fresh created',
      'configmap/default/a unchanged',
      'configmap/fresh/inside created (its namespace comes with the same revision, so the server cannot check it)',
      'secret/default/s configured',
      'deployment/default/web configured',
      'widget/default/w created (its definition comes with the same revision, so the server cannot check it)',
      'configmap/default/b pruned',
    ]);
    expect(report.healthy).toBe(true);
    expect(diff).toContain(
      ['--- before/deployment/default/web.yaml', '+++ after/deployment/default/web.yaml'].join('\n'),
    );
    expect(diff).toContain(
      '-        - image: registry.example.com/web:1\n+        - image: registry.example.com/web:2\n',
    );
    expect(diff).toContain('-  key: "*** (before)"\n+  key: "*** (after)"\n   other: "***"\n');
    expect(diff).toContain('+++ after/widget/default/w.yaml');
    expect(diff).not.toMatch(/managedFields|resourceVersion|status:|configmap\/default\/a\.yaml|bmV3|: new/);
    expect(await everything()).toEqual(before);
    const again = await on.stage.apply(files);
    expect(again.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
  });

  test('shows what would be made anew, and what the server refuses', async () => {
    await on.stage.apply({ 'd.yml': deployment('1') }, { agent: 'anew' });
    const before = await everything();
    const { lines } = await on.stage.dryRun(
      { 'd.yml': deployment('1', 'other'), 'x.yml': configMap('x', 'nowhere') },
      { agent: 'anew' },
    );
    expect(lines).toEqual([
      'configmap/nowhere/x failed (namespaces "nowhere" not found (x.yml:1))',
      'deployment/default/web configured (made anew, because spec.selector cannot be changed; it would be made anew, which the server cannot check)',
    ]);
    expect(await everything()).toEqual(before);
  });
});
