import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { waitFor } from '../daemon.ts';
import { pushImage } from '../images.ts';
import { type DockerRegistry, startDockerRegistry } from '../registry.ts';
import { busyboxImage, pageImage } from './images.ts';
import { RealNodes } from './nodes.ts';
import { container, deployment, listPods, podTemplate } from './workloads.ts';

interface ContainerStatus {
  readonly restartCount: number;
  readonly state: { readonly terminated?: { readonly reason: string } };
  readonly lastState: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
}

interface StatsSummary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string };
    readonly containers?: readonly {
      readonly memory?: { readonly workingSetBytes?: number };
      readonly cpu?: { readonly usageCoreNanoSeconds?: number };
    }[];
  }[];
}

const timeout = { timeoutMillis: 60_000 };
const core = '/api/v1/namespaces/default';
let cluster: ControlPlane;
let registry: DockerRegistry;
let real: RealNodes;

beforeAll(async () => {
  registry = await startDockerRegistry();
  cluster = await startControlPlane({ nodes: 0 });
  real = await RealNodes.start(cluster, { registries: [registry.host] });
}, 300_000);
afterAll(async () => {
  await real?.stop();
  await cluster?.stop();
  await registry?.stop();
});

describe('a real node', () => {
  test('ends a container that outgrows its memory as OOMKilled, and starts it again', async () => {
    await pushImage(registry.host, 'busybox', '1', await busyboxImage({ entrypoint: ['/bin/busybox'] }));
    // It keeps what it reads until a line ends, which none does.
    const greedy = container('greedy', `${registry.host}/busybox:1`, ['tail', '/dev/zero']);
    const { spec } = podTemplate('greedy', greedy);
    const containers = [{ ...greedy, resources: { limits: { memory: '32Mi' } } }];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'greedy' }, spec: { ...spec, containers } };
    await cluster.api.create(`${core}/pods`, pod);
    const restarted = await waitFor(
      'the container is started again',
      async () => {
        const { status } = (await cluster.api.get(`${core}/pods/greedy`)) as {
          status: { containerStatuses?: readonly ContainerStatus[] };
        };
        return status.containerStatuses?.find(({ restartCount }) => restartCount > 0);
      },
      timeout,
    );
    expect(restarted.lastState.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    await cluster.api.request(`${core}/pods/greedy`, { method: 'DELETE' });
  });

  test('tells the memory and the processor time of a pod by its summary', async () => {
    await pushImage(registry.host, 'page', '1', await pageImage('measured'));
    await cluster.api.apply(
      '/apis/apps/v1/namespaces/default/deployments/measured',
      deployment('measured', `${registry.host}/page:1`),
    );
    const pod = await waitFor(
      'the pod is ready',
      async () => {
        return (await listPods(cluster.api, 'measured')).find(({ isReady }) => isReady);
      },
      timeout,
    );
    const measured = await waitFor(
      'the pod is measured',
      async () => {
        const summary = (await cluster.api.get(`/api/v1/nodes/${real.node.name}/proxy/stats/summary`)) as StatsSummary;
        const [only] = summary.pods.find(({ podRef }) => podRef.name === pod.name)?.containers ?? [];
        return only?.memory?.workingSetBytes !== undefined && only.cpu?.usageCoreNanoSeconds !== undefined && only;
      },
      timeout,
    );
    expect(measured.memory?.workingSetBytes).toBeGreaterThan(10_000);
    expect(measured.memory?.workingSetBytes).toBeLessThan(16 << 20);
    expect(measured.cpu?.usageCoreNanoSeconds).toBeGreaterThan(0);
  });

  test('leaves no shim behind pods that were deleted', async () => {
    await cluster.api.request('/apis/apps/v1/namespaces/default/deployments/measured', { method: 'DELETE' });
    const shims = async () => (await real.node.run('sh', '-c', 'pgrep -c containerd-shim || true')).trim();
    await waitFor('no shim runs', async () => (await shims()) === '0', timeout);
    expect(await listPods(cluster.api, 'measured')).toEqual([]);
  });
});
