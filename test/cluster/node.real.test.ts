import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { waitFor } from './daemon.ts';
import { pushImage } from './images.ts';
import { layerBinary } from './installed-parts.ts';
import type { KubeObject } from './kube-api.ts';
import { busyboxImage, pageImage } from './node/images.ts';
import { RealNodes } from './node/nodes.ts';
import { container, deployment, listPods, podTemplate } from './node/workloads.ts';
import { type DockerRegistry, startDockerRegistry } from './registry.ts';

interface JobStatus {
  readonly completionTime?: string;
  readonly succeeded?: number;
}

const timeout = { timeoutMillis: 60_000 };
const core = '/api/v1/namespaces/default';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
let cluster: ControlPlane;
let registry: DockerRegistry;
let real: RealNodes;

beforeAll(async () => {
  registry = await startDockerRegistry();
  cluster = await startControlPlane({ nodes: 0 });
  real = await RealNodes.start(cluster, { count: 2, registries: [registry.host] });
  for (const [tag, text] of [
    ['1.0.0', 'Hello World!'],
    ['1.1.0', 'Hello from Kube'],
  ] as const) {
    await pushImage(registry.host, 'page', tag, await pageImage(text));
  }
}, 300_000);
afterAll(async () => {
  await real?.stop();
  await real?.stop();
  await cluster?.stop();
  await registry?.stop();
});

async function page(name: string): Promise<string | undefined> {
  const pod = (await listPods(cluster.api, name)).find(({ isReady }) => isReady);
  return pod && (await (await fetch(`http://${pod.address}:8000/`)).text());
}

function roll(name: string, image: string, replicas = 1): Promise<unknown> {
  return cluster.api.apply(`${deployments}/${name}`, deployment(name, `${registry.host}/${image}`, replicas));
}

describe('real nodes', () => {
  test('are Ready, each with an address of its own', async () => {
    const areReady = await Promise.all(real.nodes.map((node) => node.isReady()));
    expect(areReady).toEqual([true, true]);
    expect(new Set(real.nodes.map(({ address }) => address)).size).toBe(2);
  });

  test('pull from the registry and run a pod that has no rights, whose page changes with the image', async () => {
    await roll('hello', 'page:1.0.0');
    const first = await waitFor('the page is there', () => page('hello'), timeout);
    await roll('hello', 'page:1.1.0');
    const next = await waitFor('the page changes', async () => (await page('hello')) === 'Hello from Kube', timeout);
    expect({ first, next }).toEqual({ first: 'Hello World!', next: true });
  });

  test('hold the pod to its user, its read-only root, no capabilities and the seccomp profile of the runtime', async () => {
    await roll('held', 'page:1.0.0');
    const [pod] = await waitFor('the pod is ready', () => ready('held', 1), timeout);
    const status = await real.nodes[pod?.node === 'real-0' ? 0 : 1]?.run(
      'sh',
      '-c',
      `cat /proc/$(pgrep -f 'httpd -f -p 8000' | head -n 1)/status`,
    );
    const line = (name: string) => new RegExp(`^${name}:\\t(.*)$`, 'm').exec(status ?? '')?.[1];
    expect([line('Uid'), line('CapEff'), line('CapBnd'), line('Seccomp'), line('NoNewPrivs')]).toEqual([
      '10001\t10001\t10001\t10001',
      '0000000000000000',
      '0000000000000000',
      '2',
      '1',
    ]);
  });

  test('spread the pods of a Deployment, which answer behind one Service', async () => {
    await roll('spread', 'page:1.0.0', 2);
    await cluster.api.create(`${core}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'spread' },
      spec: { type: 'NodePort', selector: { app: 'spread' }, ports: [{ port: 80, targetPort: 8000 }] },
    });
    const pods = await waitFor('both pods are ready', () => ready('spread', 2), timeout);
    const { spec } = (await cluster.api.get(`${core}/services/spread`)) as { spec: { ports: [{ nodePort: number }] } };
    const url = `http://${real.node.address}:${spec.ports[0].nodePort}/`;
    const text = await waitFor('the Service answers', async () => (await fetch(url)).text(), timeout);
    expect({ text, nodes: pods.map(({ node }) => node).toSorted((a = '', b = '') => a.localeCompare(b)) }).toEqual({
      text: 'Hello World!',
      nodes: ['real-0', 'real-1'],
    });
  });

  test('say ErrImagePull of a tag that is not there, and keep the old pod answering', async () => {
    await roll('absent', 'page:1.0.0');
    await waitFor('the page is there', () => page('absent'), timeout);
    await roll('absent', 'page:9.9.9');
    const isRefused = async () => (await listPods(cluster.api, 'absent')).find(({ waiting }) => waiting !== undefined);
    const refused = await waitFor(
      'a pod waits for its image',
      async () => {
        const pod = await isRefused();
        return pod?.waiting === 'ErrImagePull' || pod?.waiting === 'ImagePullBackOff' ? pod : undefined;
      },
      timeout,
    );
    expect(refused.message).toContain(`${registry.host}/page:9.9.9`);
    expect(await page('absent')).toBe('Hello World!');
  });

  test('let a pod reach the API server by the address of its Service, as its own account', async () => {
    const kubectl = { 'bin/kubectl': layerBinary('kubectl') };
    const image = await busyboxImage({ binaries: kubectl, entrypoint: ['/bin/kubectl'] });
    await pushImage(registry.host, 'kubectl', '1', image);
    const whoami = container('whoami', `${registry.host}/kubectl:1`, [
      'auth',
      'whoami',
      '-o=jsonpath={.status.userInfo.username}',
    ]);
    await cluster.api.create(`${core}/pods`, podOf('whoami', podTemplate('whoami', whoami)));
    await waitFor('the pod is done', () => hasPhase('whoami', 'Succeeded'), timeout);
    expect(await cluster.api.get(`${core}/pods/whoami/log`)).toBe('system:serviceaccount:default:default');
  });

  test('complete a Job', async () => {
    const image = await busyboxImage({ entrypoint: ['/bin/busybox'] });
    await pushImage(registry.host, 'busybox', '1', image);
    const template = podTemplate('job', container('job', `${registry.host}/busybox:1`, ['sleep', '1']));
    const spec = { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } };
    const jobs = '/apis/batch/v1/namespaces/default/jobs';
    await cluster.api.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' }, spec });
    const status = async () => ((await cluster.api.get(`${jobs}/job`)) as { status: JobStatus }).status;
    await waitFor('the Job has ended', async () => (await status()).completionTime !== undefined, timeout);
    expect(await status()).toMatchObject({ succeeded: 1 });
  });

  test('leave a LoadBalancer without a provider pending, and serve its port of the nodes', async () => {
    await roll('balanced', 'page:1.0.0');
    await cluster.api.create(`${core}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'balanced' },
      spec: { type: 'LoadBalancer', selector: { app: 'balanced' }, ports: [{ port: 80, targetPort: 8000 }] },
    });
    await waitFor('the pod is ready', () => ready('balanced', 1), timeout);
    const { spec, status } = (await cluster.api.get(`${core}/services/balanced`)) as {
      spec: { ports: [{ nodePort: number }] };
      status: { loadBalancer: object };
    };
    const url = `http://${real.node.address}:${spec.ports[0].nodePort}/`;
    const text = await waitFor('the Service answers', async () => (await fetch(url)).text(), timeout);
    expect({ text, loadBalancer: status.loadBalancer }).toEqual({ text: 'Hello World!', loadBalancer: {} });
  });

  test('keep their pods when kubelet and containerd are restarted', async () => {
    await roll('kept', 'page:1.0.0');
    const [before] = await waitFor('the pod is ready', () => ready('kept', 1), timeout);
    for (const node of real.nodes) {
      for (const part of ['kubelet', 'containerd'] as const) await node.end(part, 'SIGKILL');
      for (const part of ['containerd', 'kubelet'] as const) await node.start(part);
    }
    await roll('after', 'page:1.1.0');
    await waitFor('a new pod is ready', () => ready('after', 1), timeout);
    const [after] = (await ready('kept', 1)) ?? [];
    expect(after).toEqual(before);
  });
});

async function ready(name: string, count: number) {
  const pods = (await listPods(cluster.api, name)).filter(({ isReady }) => isReady);
  return pods.length === count ? pods : undefined;
}

async function hasPhase(name: string, phase: string): Promise<boolean> {
  const { status } = (await cluster.api.get(`${core}/pods/${name}`)) as { status: { phase: string } };
  if (status.phase === 'Failed')
    throw new Error(`pod/${name}: ${String(await cluster.api.get(`${core}/pods/${name}/log`))}`);
  return status.phase === phase;
}

function podOf(name: string, { spec }: { spec: object }): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...spec, restartPolicy: 'Never' } };
}
