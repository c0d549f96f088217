import { describe, expect, test } from 'vitest';
import { openApiClient } from '../../infra/agent/cluster/client.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { useControlPlane } from './control-plane-stage.ts';

const LARGE = '9007199254740993';

const DEFINITION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: counters.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { kind: Counter, plural: counters }
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              count: { type: integer, format: int64 }
              least: { type: integer, format: int64 }
              "on": { type: boolean }
              rate: { type: number }
`;
const COUNTER = `apiVersion: example.com/v1
kind: Counter
metadata: { name: visits, namespace: default }
spec: { count: ${LARGE}, least: -9223372036854775808, "on": off, rate: 1_000.5 }
`;
const POD = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: default, annotations: { commit: 83e20108 } }
spec:
  containers:
  - name: web
    image: registry.example.com/web:1
    command: [apply, -f, -]
    env: [{ name: COMMIT, value: 1234e567 }, { name: TEXT, value: "goes
on at the margin" }]
  volumes:
  - { name: key, secret: { secretName: key, defaultMode: 0400, items: [{ key: id, path: id, mode: 0o620 }] } }
  - { name: all, configMap: { name: all, defaultMode: 0755 } }
`;

describe('YAML as Kubernetes reads it, on a real control plane', { timeout: 120_000 }, () => {
  const on = useControlPlane();
  const exactSpec = async () => {
    const ask = openApiClient(await clusterAccess(on.cluster.kubeconfig, undefined), 20_000);
    const { body } = await ask({ path: '/apis/example.com/v1/namespaces/default/counters/visits' });
    return (body as { readonly spec: unknown }).spec;
  };

  test('modes are octal, hashes are text, and nothing is refused', async () => {
    const { report } = await on.stage.apply({ 'pod.yml': POD });
    expect(report.objects).toMatchObject([{ object: 'pod/default/web', action: 'created' }]);
    expect(await on.cluster.api.get('/api/v1/namespaces/default/pods/web')).toMatchObject({
      metadata: { annotations: { commit: '83e20108' } },
      spec: {
        containers: [
          {
            command: ['apply', '-f', '-'],
            env: [
              { name: 'COMMIT', value: '1234e567' },
              { name: 'TEXT', value: 'goes on at the margin' },
            ],
          },
        ],
        volumes: expect.arrayContaining([
          {
            name: 'key',
            secret: { secretName: 'key', defaultMode: 256, items: [{ key: 'id', path: 'id', mode: 400 }] },
          },
          { name: 'all', configMap: { name: 'all', defaultMode: 493 } },
        ]),
      },
    });
  });

  test('integers keep their digits, and what nobody touched is unchanged', async () => {
    const files = { 'a.yml': DEFINITION, 'b.yml': COUNTER };
    const counters = (lines: readonly string[]) => lines.filter((line) => line.startsWith('counter/'));
    expect(counters((await on.stage.apply(files, { agent: 'counters' })).lines)).toEqual([
      'counter/default/visits created',
    ]);
    expect(await exactSpec()).toEqual({
      count: BigInt(LARGE),
      least: -9_223_372_036_854_775_808n,
      on: false,
      rate: 1000.5,
    });
    expect(counters((await on.stage.apply(files, { agent: 'counters', commit: 'c2' })).lines)).toEqual([
      'counter/default/visits unchanged',
    ]);
    const { diff } = await on.stage.dryRun(
      { ...files, 'b.yml': COUNTER.replace(LARGE, '9007199254740995') },
      { agent: 'counters' },
    );
    expect(diff).toContain(`-  count: ${LARGE}\n+  count: 9007199254740995\n`);
    const next = { ...files, 'b.yml': COUNTER.replace(LARGE, '9007199254740992') };
    expect(counters((await on.stage.apply(next, { agent: 'counters', commit: 'c3' })).lines)).toEqual([
      'counter/default/visits configured',
    ]);
    expect(await exactSpec()).toMatchObject({ count: 9_007_199_254_740_992n });
  });
});
