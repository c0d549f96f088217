import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { useControlPlane } from './control-plane-stage.ts';
import { until } from './stage.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const deployment = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, labels: { tier: web } }
spec:
  replicas: 1
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - { name: app, image: "registry.example.com/app:1", env: [{ name: A, value: "1" }, { name: B, value: "2" }] }
`;
const configMap = (name: string, data = 'a: "1"') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, labels: { tier: web } }\ndata: { ${data} }\n`;

interface Live {
  readonly metadata: {
    readonly labels: Record<string, string>;
    readonly managedFields: readonly { readonly operation: string; readonly time: string }[];
  };
  readonly data: Record<string, string>;
  readonly spec: {
    replicas: number;
    readonly template: { readonly spec: { readonly containers: { image: string; env: object[] }[] } };
  };
}

describe('drift on a real control plane', { timeout: 120_000 }, () => {
  const on = useControlPlane();

  const ask = async (
    path: string,
    method: 'GET' | 'PUT' | 'PATCH' | 'DELETE',
    body?: unknown,
    contentType?: string,
  ) => {
    const reply = await on.cluster.api.request(path, {
      method,
      ...(body !== undefined && { body }),
      ...(contentType !== undefined && { contentType }),
    });
    expect(reply.status).toBeLessThan(300);
    return reply.body as Live;
  };
  const merge = 'application/merge-patch+json';

  test.each([
    {
      name: 'updated',
      hand: 'an update, as kubectl edit makes it',
      touch: async (path: string) => {
        // Its controller writes the status meanwhile.
        await until('the update', { lines: () => [] }, async () => {
          const body = (await on.cluster.api.get(path)) as Live;
          body.spec.replicas = 3;
          const reply = await on.cluster.api.request(`${path}?fieldManager=kubectl-edit`, { method: 'PUT', body });
          return reply.status === 200 ? reply : undefined;
        });
      },
      says: 'drift: spec.replicas was changed by kubectl-edit',
    },
    {
      name: 'scaled',
      hand: 'the scale subresource',
      touch: async (path: string) => {
        await ask(`${path}/scale?fieldManager=kubectl`, 'PATCH', { spec: { replicas: 4 } }, merge);
      },
      says: 'drift: spec.replicas was changed by kubectl (scale)',
    },
    {
      name: 'imaged',
      hand: 'a strategic merge patch of an image, as kubectl set image makes it',
      touch: async (path: string) => {
        const containers = [{ name: 'app', image: 'registry.example.com/app:hack' }];
        const body = { spec: { template: { spec: { containers } } } };
        await ask(`${path}?fieldManager=kubectl-set`, 'PATCH', body, 'application/strategic-merge-patch+json');
      },
      says: 'drift: spec.template.spec.containers[name="app"].image was changed by kubectl-set',
    },
    {
      name: 'item-gone',
      hand: 'the deletion of an item of a list',
      touch: async (path: string) => {
        const containers = [{ name: 'app', env: [{ name: 'B', $patch: 'delete' }] }];
        const body = { spec: { template: { spec: { containers } } } };
        await ask(`${path}?fieldManager=kubectl-edit`, 'PATCH', body, 'application/strategic-merge-patch+json');
      },
      says: 'drift: spec.template.spec.containers[name="app"].env[name="B"] was removed',
    },
    {
      name: 'forced',
      hand: 'another who applies by force',
      touch: async (path: string) => {
        const body = {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: path.split('/').at(-1) ?? '', labels: { tier: 'db' } },
        };
        await on.cluster.api.apply(path, body, 'other');
      },
      says: 'drift: metadata.labels.tier was changed by other',
    },
    {
      name: 'unlabelled',
      hand: 'the removal of a label',
      touch: async (path: string) => {
        await ask(`${path}?fieldManager=kubectl-label`, 'PATCH', { metadata: { labels: { tier: null } } }, merge);
      },
      says: 'drift: metadata.labels.tier was removed',
    },
    {
      name: 'disowned',
      hand: 'the removal of the label that says whose it is',
      touch: async (path: string) => {
        const labels = { 'sluice.dev/agent': null };
        await ask(`${path}?fieldManager=kubectl-label`, 'PATCH', { metadata: { labels } }, merge);
      },
      says: 'drift: metadata.labels["sluice.dev/agent"] was removed',
    },
    {
      name: 'twin',
      hand: 'another process of our name, in another second',
      touch: async (path: string) => {
        const timeOf = ({ metadata }: Live) =>
          metadata.managedFields.find(({ operation }) => operation === 'Apply')?.time;
        const before = timeOf(await ask(path, 'GET'));
        let version = 1;
        await until('the next second', { lines: () => [] }, async () => {
          version += 1;
          const twin = parse(
            deployment('twin').replace('app:1', `app:${version}`).replace('web', 'web, sluice.dev/agent: twin'),
          );
          await on.cluster.api.apply(path, twin, 'sluice-agent');
          return timeOf(await ask(path, 'GET')) === before ? undefined : true;
        });
      },
      says: 'drift: it was applied by another process in the name of sluice-agent',
    },
    {
      name: 'deleted',
      hand: 'its deletion',
      touch: async (path: string) => {
        await ask(path, 'DELETE');
      },
      action: 'created',
      says: 'drift: it was deleted by another hand',
    },
  ])('$hand is undone, and named', async ({ name, touch, says, action = 'configured' }) => {
    const files = { 'd.yml': deployment(name) };
    await on.stage.apply(files, { agent: name });
    await touch(`${DEPLOYMENTS}/${name}`);
    const { report } = await on.stage.apply(files, { agent: name });
    expect(report.objects).toEqual([{ object: `deployment/default/${name}`, action, reason: says }]);
    const live = await ask(`${DEPLOYMENTS}/${name}`, 'GET');
    expect(live.spec.replicas).toBe(1);
    expect(live.metadata.labels).toEqual({ tier: 'web', 'sluice.dev/agent': name });
    expect(live.spec.template.spec.containers).toMatchObject([
      { image: 'registry.example.com/app:1', env: [{ name: 'A' }, { name: 'B' }] },
    ]);
    const again = await on.stage.apply(files, { agent: name });
    expect(again.report.objects).toEqual([{ object: `deployment/default/${name}`, action: 'unchanged' }]);
    expect(again.requests.filter((request) => request.startsWith('PATCH'))).toEqual([]);
  });

  test.each([
    {
      name: 'labelled',
      hand: 'a label of another',
      touch: async (path: string) => {
        await ask(`${path}?fieldManager=other`, 'PATCH', { metadata: { labels: { foreign: 'yes' } } }, merge);
      },
    },
    {
      name: 'shared',
      hand: 'another who applies the same values',
      touch: async (path: string) => {
        const body = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: path.split('/').at(-1) ?? '' },
          data: { a: '1' },
        };
        await on.cluster.api.apply(path, body, 'other');
      },
    },
  ])('$hand is no drift', async ({ name, touch }) => {
    const files = { 'c.yml': configMap(name) };
    await on.stage.apply(files, { agent: name });
    await touch(`${CONFIG_MAPS}/${name}`);
    // It is applied once more, by which nothing changes, and not again.
    const after = await on.stage.apply(files, { agent: name });
    expect(after.lines).toEqual([`configmap/default/${name} unchanged`]);
    const later = await on.stage.apply(files, { agent: name });
    expect(later.lines).toEqual([`configmap/default/${name} unchanged`]);
    expect(later.requests.filter((request) => request.startsWith('PATCH'))).toEqual([]);
  });

  test('a key of a Secret is ours, in plain text too, and goes with Git', async () => {
    const secret = (data: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: plain }\nstringData: { ${data} }\n`;
    const path = '/api/v1/namespaces/default/secrets/plain';
    await on.stage.apply({ 's.yml': secret('a: one, b: two') }, { agent: 'plain' });
    await ask(`${path}?fieldManager=other`, 'PATCH', { data: { a: 'eA==' } }, merge);
    const undone = await on.stage.apply({ 's.yml': secret('a: one, b: two') }, { agent: 'plain' });
    expect(undone.lines).toEqual(['secret/default/plain configured (drift: data.a was changed by other)']);
    await on.stage.apply({ 's.yml': secret('a: one') }, { agent: 'plain' });
    expect((await ask(path, 'GET')).data).toEqual({ a: Buffer.from('one').toString('base64') });
  });

  test('1,000 objects of three kinds that nobody touched are a handful of requests, for a new process too', async () => {
    const files = {
      'd.yml': Array.from({ length: 250 }, (_, index) =>
        deployment(`many-${index}`).replace('replicas: 1', 'replicas: 0'),
      ).join('---\n'),
      's.yml': Array.from(
        { length: 250 },
        (_, index) =>
          `apiVersion: v1\nkind: Service\nmetadata: { name: many-${index} }\nspec: { selector: { app: a }, ports: [{ port: 80 }] }\n`,
      ).join('---\n'),
      'c.yml': Array.from({ length: 500 }, (_, index) => configMap(`many-${index}`)).join('---\n'),
    };
    // What is not healthy yet is asked about.
    const first = await on.stage.apply(files, { agent: 'many', healthTimeoutMillis: 60_000 });
    expect(new Set(first.report.objects.map(({ action }) => action))).toEqual(new Set(['created']));
    expect(first.requests.filter((request) => request.startsWith('PATCH')).length).toBeLessThanOrEqual(1004);
    const again = await on.stage.apply(files, { agent: 'many' });
    expect(new Set(again.report.objects.map(({ action }) => action))).toEqual(new Set(['unchanged']));
    expect(again.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    expect(again.requests.length).toBeLessThanOrEqual(10);
  });
});
