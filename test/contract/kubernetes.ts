import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange } from '../../infra/agent/cluster/exchange.ts';
import { type ClusterAccess, clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { describeWrites } from './kubernetes-writes.ts';

/** A Kubernetes API that is up. */
export interface OpenedKubernetes {
  /** Path of a kubeconfig that opens it. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** As much of a reply as is looked into; which of it there is depends on what was asked. */
interface Body {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly continue?: string;
    readonly managedFields: readonly { readonly manager: string }[];
  };
  readonly data: object;
  readonly resources: readonly object[];
  readonly groups: readonly object[];
  readonly items: readonly Body[];
  readonly spec: {
    readonly ports: readonly object[];
    readonly clusterIP: string;
    readonly template: { readonly spec: { readonly containers: readonly { readonly name: string }[] } };
  };
  readonly status: { readonly conditions: readonly object[] };
}

interface Reply {
  readonly status: number;
  readonly body: Body;
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** What the demo's API claims of Kubernetes, held against any. */
export function describeKubernetes(name: string, open: () => Promise<OpenedKubernetes>): void {
  describe(name, { timeout: 60_000 }, () => {
    let opened: OpenedKubernetes;
    let access: ClusterAccess;
    beforeAll(async () => {
      opened = await open();
      access = await clusterAccess(opened.kubeconfig, undefined);
    });
    afterAll(async () => opened?.stop());

    const ask = async (
      method: string,
      path: string,
      body?: object | readonly object[],
      more: Readonly<Record<string, string>> = {},
    ): Promise<Reply> => {
      const type = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json';
      const { status, text } = await exchange(access, {
        ...{ method, path, timeoutMillis: 10_000, signal: undefined, check: undefined },
        headers: { ...(await access.headers()), accept: 'application/json', 'content-type': type, ...more },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      // What no API group answers for is told in plain words.
      return { status, body: text.startsWith('{') ? JSON.parse(text) : text };
    };
    const apply = async (
      path: string,
      body: { readonly metadata: { readonly name: string }; readonly [field: string]: unknown },
      manager = 'one',
      query = '',
    ) => ask('PATCH', `${path}/${body.metadata.name}?fieldManager=${manager}${query}`, body);
    const unique = () => `t-${randomUUID().slice(0, 8)}`;
    const configMap = (data: object, id = unique()) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: id },
      data,
    });
    const container = (more: object = {}) => ({ name: 'app', image: 'registry.example.com/app:1', ...more });
    const deployment = (containers: readonly object[], id = unique(), labels: object = { app: 'a' }) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: id },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels }, spec: { containers } },
      },
    });

    describe('discovery', () => {
      test.each([
        { path: '/api/v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
        { path: '/api/v1', kind: 'Namespace', resource: 'namespaces', namespaced: false },
        { path: '/apis/apps/v1', kind: 'Deployment', resource: 'deployments', namespaced: true },
      ])('$path knows $kind', async ({ path, kind, resource, namespaced }) => {
        const { body } = await ask('GET', path);
        expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: path.replace(/^\/apis?\//, '') });
        expect(body.resources).toContainEqual(expect.objectContaining({ kind, name: resource, namespaced }));
      });

      test('an unknown group is 404', async () => {
        expect((await ask('GET', '/apis/example.com/v1')).status).toBe(404);
      });
    });

    test('it is ready', async () => {
      expect((await ask('GET', '/readyz')).status).toBe(200);
    });

    test('the groups and their preferred versions can be had at once', async () => {
      const { body } = await ask('GET', '/apis');
      expect(body).toMatchObject({ kind: 'APIGroupList' });
      expect(body.groups).toContainEqual(
        expect.objectContaining({ name: 'apps', preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } }),
      );
    });

    describe('a JSON Patch of metadata', () => {
      const type = { 'content-type': 'application/json-patch+json' };
      const edit = async (object: string, operations: readonly object[]) =>
        ask('PATCH', `${CONFIG_MAPS}/${object}?fieldManager=one`, operations, type);

      test('says anew who manages which fields, and takes an annotation away', async () => {
        const object = configMap({ a: '1', b: '1' });
        const annotated = { ...object, metadata: { ...object.metadata, annotations: { 'example.com/old': 'x' } } };
        const { body } = await apply(CONFIG_MAPS, annotated, 'before');
        const managedFields = body.metadata.managedFields.map((one) => ({ ...one, manager: 'one' }));
        const edited = await edit(object.metadata.name, [
          { op: 'replace', path: '/metadata/managedFields', value: managedFields },
          { op: 'replace', path: '/metadata/resourceVersion', value: body.metadata.resourceVersion },
          { op: 'remove', path: '/metadata/annotations/example.com~1old' },
        ]);
        expect(edited.body.metadata.managedFields).toMatchObject([{ manager: 'one' }]);
        const less = await apply(CONFIG_MAPS, configMap({ a: '1' }, object.metadata.name), 'one');
        expect(less.body.data).toEqual({ a: '1' });
        expect(less.body.metadata).not.toHaveProperty('annotations');
      });

      test('is refused where the object has another version', async () => {
        const object = configMap({ a: '1' });
        const { body } = await apply(CONFIG_MAPS, object);
        await apply(CONFIG_MAPS, configMap({ a: '2' }, object.metadata.name));
        const { resourceVersion } = body.metadata;
        const edited = await edit(object.metadata.name, [
          { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
        ]);
        expect(edited).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      });
    });

    describe('server-side apply', () => {
      test('creates with 201, and does nothing where nothing differs', async () => {
        const object = configMap({ a: '1' });
        const created = await apply(CONFIG_MAPS, object);
        const again = await apply(CONFIG_MAPS, object);
        expect([created.status, again.status]).toEqual([201, 200]);
        expect(created.body.metadata).toMatchObject({
          namespace: 'default',
          uid: expect.any(String),
          creationTimestamp: expect.any(String),
        });
        expect(again.body.metadata.resourceVersion).toBe(created.body.metadata.resourceVersion);
      });

      test('changes a field and takes away what is not set any more', async () => {
        const id = unique();
        const first = await apply(CONFIG_MAPS, configMap({ a: '1', b: '1' }, id));
        const second = await apply(CONFIG_MAPS, configMap({ a: '2' }, id));
        expect(second.body.data).toEqual({ a: '2' });
        expect(second.body.metadata.resourceVersion).not.toBe(first.body.metadata.resourceVersion);
      });

      test('leaves the fields of others alone', async () => {
        const id = unique();
        await apply(CONFIG_MAPS, configMap({ a: '1' }, id), 'one');
        await apply(CONFIG_MAPS, configMap({ b: '1' }, id), 'two');
        const { body } = await apply(CONFIG_MAPS, configMap({ a: '2' }, id), 'one');
        expect(body.data).toEqual({ a: '2', b: '1' });
        const managers = body.metadata.managedFields.map(({ manager }) => manager);
        expect(managers.toSorted()).toEqual(['one', 'two']);
      });

      test('keeps a field that another still sets', async () => {
        const id = unique();
        await apply(CONFIG_MAPS, configMap({ a: '1', b: '1' }, id), 'one');
        await apply(CONFIG_MAPS, configMap({ a: '1' }, id), 'two');
        const { body } = await apply(CONFIG_MAPS, configMap({ b: '1' }, id), 'one');
        expect(body.data).toEqual({ a: '1', b: '1' });
      });

      test('refuses to change the field of another, and takes it over by force', async () => {
        const id = unique();
        await apply(CONFIG_MAPS, configMap({ a: '1' }, id), 'one');
        const refused = await apply(CONFIG_MAPS, configMap({ a: '2' }, id), 'two');
        expect(refused).toMatchObject({
          status: 409,
          body: {
            kind: 'Status',
            reason: 'Conflict',
            message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
            details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }] },
          },
        });
        expect((await apply(CONFIG_MAPS, configMap({ a: '2' }, id), 'two', '&force=true')).body.data).toEqual({
          a: '2',
        });
        expect((await apply(CONFIG_MAPS, configMap({ a: '1' }, id), 'one')).status).toBe(409);
      });

      test('tells of every conflict', async () => {
        const id = unique();
        const env = [{ name: 'A', value: '1' }];
        await apply(DEPLOYMENTS, deployment([container({ env })], id), 'one');
        const changed = container({ image: 'registry.example.com/app:2', env: [{ name: 'A', value: '2' }] });
        const refused = await apply(DEPLOYMENTS, deployment([changed], id), 'two');
        expect(refused).toMatchObject({
          status: 409,
          body: {
            message: [
              'Apply failed with 2 conflicts: conflicts with "one":',
              '- .spec.template.spec.containers[name="app"].image',
              '- .spec.template.spec.containers[name="app"].env[name="A"].value',
            ].join('\n'),
          },
        });
      });

      test('keeps an item that another still names', async () => {
        const id = unique();
        await apply(DEPLOYMENTS, deployment([container({ env: [{ name: 'A', value: '1' }] })], id), 'one');
        await apply(DEPLOYMENTS, deployment([container({ env: [{ name: 'A' }] })], id), 'two');
        const { body } = await apply(DEPLOYMENTS, deployment([container()], id), 'one');
        expect(body.spec.template.spec.containers).toMatchObject([{ name: 'app', env: [{ name: 'A' }] }]);
      });

      test('does not take what the server alone says: status, creation time', async () => {
        const object = deployment([container()]);
        const generated = { ...object, metadata: { ...object.metadata, creationTimestamp: null }, status: {} };
        const path = `${DEPLOYMENTS}/${object.metadata.name}`;
        await apply(DEPLOYMENTS, generated);
        const live = async () => (await ask('GET', path)).body;
        await expect.poll(live, { timeout: 30_000 }).toMatchObject({ status: { availableReplicas: 1 } });
        await apply(DEPLOYMENTS, generated);
        expect((await apply(DEPLOYMENTS, generated, 'two')).status).toBe(200);
        expect(await live()).toMatchObject({ metadata: { generation: 1 }, status: { availableReplicas: 1 } });
      });

      test('gives a Service an address in the cluster, and leaves it that', async () => {
        const id = unique();
        const service = (type: string, port: number) => ({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: id },
          spec: { type, selector: { app: id }, ports: [{ port }] },
        });
        const path = '/api/v1/namespaces/default/services';
        const { clusterIP } = (await apply(path, service('LoadBalancer', 80))).body.spec;
        expect(clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
        expect((await apply(path, service('LoadBalancer', 81))).body.spec.clusterIP).toBe(clusterIP);
      });

      test('keeps the ports of Services apart by number and protocol', async () => {
        const id = unique();
        const service = (...ports: readonly object[]) => ({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: id },
          spec: { selector: { app: 'a' }, ports },
        });
        const [tcp, udp] = [
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ];
        await apply('/api/v1/namespaces/default/services', service(tcp, udp));
        const { body } = await apply('/api/v1/namespaces/default/services', service(udp));
        expect(body.spec.ports).toMatchObject([udp]);
      });

      test('tells items of lists apart by their keys', async () => {
        const id = unique();
        const env = [
          { name: 'A', value: '1' },
          { name: 'B', value: '1' },
        ];
        const ports = [{ containerPort: 80, protocol: 'TCP', name: 'web' }];
        await apply(DEPLOYMENTS, deployment([container({ env, ports })], id), 'one');
        const sidecar = { name: 'side', image: 'registry.example.com/side:1' };
        await apply(DEPLOYMENTS, deployment([sidecar], id), 'two');
        const changed = container({ image: 'registry.example.com/app:2', env: env.slice(1), ports });
        const { body } = await apply(DEPLOYMENTS, deployment([changed], id), 'one');
        const containers = body.spec.template.spec.containers;
        expect(containers.map((one) => one.name).toSorted()).toEqual(['app', 'side']);
        expect(containers.find((one) => one.name === 'app')).toMatchObject({
          image: 'registry.example.com/app:2',
          env: [{ name: 'B', value: '1' }],
          ports,
        });
      });

      test('as a dry run changes nothing', async () => {
        const object = configMap({ a: '1' });
        expect((await apply(CONFIG_MAPS, object, 'one', '&dryRun=All')).status).toBe(201);
        expect((await ask('GET', `${CONFIG_MAPS}/${object.metadata.name}`)).status).toBe(404);
        const created = await apply(CONFIG_MAPS, object);
        const changed = configMap({ a: '2' }, object.metadata.name);
        expect((await apply(CONFIG_MAPS, changed, 'one', '&dryRun=All')).body.data).toEqual({ a: '2' });
        const live = await ask('GET', `${CONFIG_MAPS}/${object.metadata.name}`);
        expect(live.body).toEqual(created.body);
      });

      test('needs a field manager', async () => {
        const object = configMap({ a: '1' });
        const reply = await ask('PATCH', `${CONFIG_MAPS}/${object.metadata.name}`, object);
        expect(reply.status).toBeGreaterThanOrEqual(400);
      });
    });

    describe('refusals are Status objects', () => {
      test.each([
        {
          what: 'no selector',
          change: { selector: undefined },
          says: /spec\.selector: Required value/,
          cause: { message: 'Required value', field: 'spec.selector' },
        },
        {
          what: 'a selector that does not fit',
          change: { selector: { matchLabels: { app: 'b' } } },
          says: /spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`/,
          cause: {
            message: expect.stringMatching(/^Invalid value: .*does not match template `labels`$/),
            field: 'spec.template.metadata.labels',
          },
        },
      ])('$what', async ({ change, says, cause }) => {
        const object = deployment([container()]);
        const reply = await apply(DEPLOYMENTS, { ...object, spec: { ...object.spec, ...change } });
        expect(reply).toMatchObject({
          status: 422,
          body: {
            kind: 'Status',
            status: 'Failure',
            reason: 'Invalid',
            message: expect.stringMatching(says),
            details: { causes: expect.arrayContaining([{ reason: expect.any(String), ...cause }]) },
          },
        });
      });

      test('a selector that would change', async () => {
        const object = deployment([container()]);
        await apply(DEPLOYMENTS, object);
        const other = deployment([container()], object.metadata.name, { app: 'b' });
        const changed = { ...other, spec: { ...other.spec, selector: { matchLabels: { app: 'b' } } } };
        expect(await apply(DEPLOYMENTS, changed)).toMatchObject({
          status: 422,
          body: {
            message: expect.stringMatching(/spec\.selector: Invalid value: .*field is immutable/),
            details: {
              causes: [
                {
                  reason: 'FieldValueInvalid',
                  message: expect.stringMatching(/^Invalid value: .*field is immutable$/),
                  field: 'spec.selector',
                },
              ],
            },
          },
        });
      });

      test('an object that is not there', async () => {
        expect(await ask('GET', `${DEPLOYMENTS}/none`)).toMatchObject({
          status: 404,
          body: {
            kind: 'Status',
            status: 'Failure',
            reason: 'NotFound',
            message: 'deployments.apps "none" not found',
            code: 404,
          },
        });
      });

      test('a namespace that is not there', async () => {
        const object = configMap({ a: '1' });
        expect(await apply('/api/v1/namespaces/none/configmaps', object)).toMatchObject({
          status: 404,
          body: { message: 'namespaces "none" not found' },
        });
      });

      test('an object that stands under another name in its URL', async () => {
        const reply = await ask('PATCH', `${CONFIG_MAPS}/other?fieldManager=one`, configMap({ a: '1' }));
        expect(reply).toMatchObject({ status: 400, body: { kind: 'Status', reason: 'BadRequest' } });
      });

      test('a token that is wrong', async () => {
        expect(await ask('GET', CONFIG_MAPS, undefined, { authorization: 'Bearer wrong' })).toMatchObject({
          status: 401,
          body: { reason: 'Unauthorized' },
        });
      });
    });

    test('lists, and deletes', async () => {
      const object = configMap({ a: '1' });
      await apply(CONFIG_MAPS, object);
      const list = await ask('GET', CONFIG_MAPS);
      expect(list.body).toMatchObject({
        kind: 'ConfigMapList',
        apiVersion: 'v1',
        metadata: { resourceVersion: expect.any(String) },
      });
      expect(list.body.items.map(({ metadata }) => metadata.name)).toContain(object.metadata.name);
      const everywhere = await ask('GET', '/api/v1/configmaps');
      expect(everywhere.body.items.map(({ metadata }) => metadata.name)).toContain(object.metadata.name);
      const path = `${CONFIG_MAPS}/${object.metadata.name}`;
      expect(await ask('DELETE', path)).toMatchObject({ status: 200, body: { kind: 'Status', status: 'Success' } });
      expect((await ask('GET', path)).status).toBe(404);
      expect(await ask('DELETE', path)).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
    });

    describe('a list', () => {
      const mark = unique();
      const labelled = (labels: object) => ({ ...configMap({ a: '1' }), metadata: { name: unique(), labels } });
      const objects = [
        labelled({ set: mark, tier: 'web' }),
        labelled({ set: mark, tier: 'db' }),
        labelled({ set: mark }),
        labelled({ set: 'other', tier: 'web' }),
      ] as const;
      beforeAll(async () => {
        for (const object of objects) {
          await apply(CONFIG_MAPS, object);
        }
      });
      const namesOf = ({ items }: Body) => items.map(({ metadata }) => metadata.name).toSorted();

      test.each([
        { selector: `set=${mark}`, finds: [0, 1, 2] },
        { selector: `set==${mark},tier=web`, finds: [0] },
        { selector: `set=${mark},tier!=web`, finds: [1, 2] },
        { selector: `set=${mark},tier`, finds: [0, 1] },
        { selector: `set=${mark},!tier`, finds: [2] },
        { selector: `set=${mark}-none`, finds: [] },
      ])('by labels: $selector', async ({ selector, finds }) => {
        const { body } = await ask('GET', `/api/v1/configmaps?labelSelector=${encodeURIComponent(selector)}`);
        expect(namesOf(body)).toEqual(finds.map((index) => objects[index]?.metadata.name ?? '').toSorted());
      });

      test('by a selector that is none is 400', async () => {
        const { status } = await ask('GET', `${CONFIG_MAPS}?labelSelector=${encodeURIComponent('!a=b')}`);
        expect(status).toBe(400);
      });

      test('comes in pages, the order of which is the same in each', async () => {
        const path = `${CONFIG_MAPS}?labelSelector=set%3D${mark}&limit=2`;
        const first = (await ask('GET', path)).body;
        expect([first.items.length, first.metadata.continue]).toEqual([2, expect.stringMatching(/./)]);
        const second = (await ask('GET', `${path}&continue=${encodeURIComponent(first.metadata.continue ?? '')}`)).body;
        expect(second.metadata.continue ?? '').toBe('');
        expect([...namesOf(first), ...namesOf(second)].toSorted()).toEqual(
          objects
            .slice(0, 3)
            .map(({ metadata }) => metadata.name)
            .toSorted(),
        );
      });

      test('of metadata has who manages which fields, and nothing of what they are', async () => {
        const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
        const { body } = await ask('GET', `${CONFIG_MAPS}?labelSelector=set%3D${mark}`, undefined, { accept });
        expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
        expect(body.items[0]).toMatchObject({
          metadata: {
            resourceVersion: expect.any(String),
            labels: { set: mark },
            managedFields: [{ manager: 'one', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } }],
          },
        });
        expect(body.items[0]?.data).toBeUndefined();
      });
    });

    test('the metadata of one object can be had alone', async () => {
      const object = configMap({ a: '1' });
      await apply(CONFIG_MAPS, object);
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
      const { body } = await ask('GET', `${CONFIG_MAPS}/${object.metadata.name}`, undefined, { accept });
      expect(body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: object.metadata.name } });
      expect(body.data).toBeUndefined();
    });

    test('a deletion may be of one very object, and a dry run', async () => {
      const object = configMap({ a: '1' });
      await apply(CONFIG_MAPS, object);
      const path = `${CONFIG_MAPS}/${object.metadata.name}`;
      const options = { kind: 'DeleteOptions', apiVersion: 'v1' };
      const other = await ask('DELETE', path, { ...options, preconditions: { uid: randomUUID() } });
      expect(other).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      expect((await ask('DELETE', path, { ...options, dryRun: ['All'] })).status).toBe(200);
      const { body, status } = await ask('GET', path);
      expect(status).toBe(200);
      const same = await ask('DELETE', path, { ...options, preconditions: { uid: body.metadata.uid } });
      expect(same.status).toBe(200);
      expect((await ask('GET', path)).status).toBe(404);
    });

    describeWrites({ ask, apply, unique });

    test('a namespace that is deleted takes its objects with it', async () => {
      const id = unique();
      await apply('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: id } });
      const inside = `/api/v1/namespaces/${id}/configmaps`;
      const object = configMap({ a: '1' });
      expect((await apply(inside, object)).status).toBe(201);
      expect((await ask('DELETE', `/api/v1/namespaces/${id}`)).status).toBe(200);
      const status = async (path: string) => (await ask('GET', path)).status;
      await expect.poll(async () => status(`/api/v1/namespaces/${id}`), { timeout: 30_000 }).toBe(404);
      expect(await status(`${inside}/${object.metadata.name}`)).toBe(404);
    });

    test('the default namespace is there', async () => {
      expect(await ask('GET', '/api/v1/namespaces/default')).toMatchObject({
        status: 200,
        body: { kind: 'Namespace', metadata: { name: 'default' } },
      });
    });

    test('rolls a Deployment out, and says so in its status, which is no new generation', async () => {
      const object = deployment([container()]);
      await apply(DEPLOYMENTS, object);
      const path = `${DEPLOYMENTS}/${object.metadata.name}`;
      const rolledOut = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
      await expect.poll(async () => (await ask('GET', path)).body.status, { timeout: 30_000 }).toMatchObject(rolledOut);
      const changed = deployment([container({ image: 'registry.example.com/app:2' })], object.metadata.name);
      expect((await apply(DEPLOYMENTS, changed)).body.metadata.generation).toBe(2);
      await expect
        .poll(async () => (await ask('GET', path)).body, { timeout: 30_000 })
        .toMatchObject({ metadata: { generation: 2 }, status: { ...rolledOut, observedGeneration: 2 } });
      const { body } = await ask('GET', path);
      expect(body.status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }),
      );
    });
  });
}
