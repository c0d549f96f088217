import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { waitFor } from './daemon.ts';
import type { KubeObject } from './kube-api.ts';

interface DeploymentStatus {
  readonly metadata: { readonly generation: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

interface PodList {
  readonly items: readonly {
    readonly status: {
      readonly phase: string;
      readonly containerStatuses?: { state: { waiting?: { reason: string }; terminated?: { exitCode: number } } }[];
    };
  }[];
}

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const timeout = { timeoutMillis: 30_000 };
const chaosLabel = 'pod-container-running-failed.stage.kwok.x-k8s.io';
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ nodes: 2, chaos: true, unpullableImages: ':1\\.0\\.2$' });
});
afterAll(async () => {
  await cluster?.stop();
  await cluster?.stop();
});

function deployment(name: string, image: string, labels: Record<string, string> = {}): KubeObject {
  const template = { metadata: { labels: { app: name, ...labels } }, spec: { containers: [{ name, image }] } };
  const spec = { replicas: 2, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec };
}

async function rolledOut(name: string): Promise<boolean> {
  const { metadata, status } = (await cluster.api.get(`${deployments}/${name}`)) as DeploymentStatus;
  const isCurrent = status.observedGeneration === metadata.generation;
  return isCurrent && status.updatedReplicas === 2 && status.availableReplicas === 2;
}

async function pods(name: string): Promise<PodList['items']> {
  return ((await cluster.api.get(`/api/v1/namespaces/default/pods?labelSelector=app%3D${name}`)) as PodList).items;
}

async function isBackingOff(name: string): Promise<boolean> {
  const reasons = (await pods(name)).map((pod) => pod.status.containerStatuses?.[0]?.state.waiting?.reason);
  return reasons.length === 2 && reasons.every((reason) => reason === 'ImagePullBackOff');
}

async function failedPod(name: string): Promise<PodList['items'][number] | undefined> {
  return (await pods(name)).find((pod) => pod.status.phase === 'Failed');
}

describe('a control plane of real parts', () => {
  test('applies a Deployment on the server side and rolls it out to Ready pods', async () => {
    await cluster.api.apply(`${deployments}/hello`, deployment('hello', 'registry.test/hello:1.0.0'));
    await waitFor('deployment/default/hello is rolled out', () => rolledOut('hello'), timeout);
    expect((await pods('hello')).map((pod) => pod.status.phase)).toEqual(['Running', 'Running']);
  });

  test('keeps a Deployment from becoming available when its image cannot be pulled, and lets the next image recover it', async () => {
    await cluster.api.apply(`${deployments}/broken`, deployment('broken', 'registry.test/hello:1.0.2'));
    await waitFor('both pods back off', () => isBackingOff('broken'), timeout);
    expect(await rolledOut('broken')).toBe(false);
    await cluster.api.apply(`${deployments}/broken`, deployment('broken', 'registry.test/hello:1.0.3'));
    await waitFor('deployment/default/broken is rolled out', () => rolledOut('broken'), timeout);
  });

  test('lets pods fail that carry the chaos label', async () => {
    const labelled = deployment('failing', 'registry.test/hello:1.0.0', { [chaosLabel]: 'true' });
    await cluster.api.apply(`${deployments}/failing`, labelled);
    const failed = await waitFor('a pod has failed', () => failedPod('failing'), timeout);
    expect(failed.status.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(1);
    await cluster.api.request(`${deployments}/failing`, { method: 'DELETE' });
  });

  test('lets a service account do what its role says and no more', async () => {
    const core = '/api/v1/namespaces/default';
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    const metadata = { name: 'reader' };
    await cluster.api.create(`${core}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] }];
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    await cluster.api.create(`${rbac}/roles`, { apiVersion, kind: 'Role', metadata, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };
    const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }];
    await cluster.api.create(`${rbac}/rolebindings`, { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects });
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec: {} };
    const granted = await cluster.api.create(`${core}/serviceaccounts/reader/token`, request);
    const { token } = (granted as { status: { token: string } }).status;

    const isAllowed = async () => (await cluster.api.request(deployments, { token })).status === 200;
    await waitFor('the role binding is in force', isAllowed, timeout);
    expect((await cluster.api.request(`${core}/secrets`, { token })).status).toBe(403);
  });

  test('comes back with its data after the API server crashed', async () => {
    const before = cluster.pid('kube-apiserver');
    await cluster.crash('kube-apiserver');
    await expect(cluster.api.get('/readyz')).rejects.toThrow('fetch failed');
    await cluster.revive('kube-apiserver');
    expect(cluster.pid('kube-apiserver')).not.toBe(before);
    expect(await cluster.api.get(`${deployments}/hello`)).toMatchObject({ metadata: { name: 'hello' } });
  });
});
