import { describe, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  configMap,
  container,
  DEPLOYMENTS,
  deployment,
  type KubernetesClient,
  unique,
} from './kubernetes-client.ts';

/** What the demo's API claims of server-side apply. */
export function describeApply({ ask, apply }: KubernetesClient): void {
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
}
