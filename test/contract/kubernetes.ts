import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterAccess, clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { describeApply } from './kubernetes-apply.ts';
import { configMap, container, DEPLOYMENTS, deployment, kubernetesClient, unique } from './kubernetes-client.ts';
import { describeLists } from './kubernetes-lists.ts';
import { describeRefusals } from './kubernetes-refusals.ts';
import { describeWrites } from './kubernetes-writes.ts';

/** A Kubernetes API that is up. */
export interface OpenedKubernetes {
  /** Path of a kubeconfig that opens it. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

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
    const client = kubernetesClient(() => access);
    const { ask, apply } = client;

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

    describeApply(client);
    describeRefusals(client);
    describeLists(client);
    describeWrites(client);

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
