import { startControlPlane } from '../control-plane.ts';
import { waitFor } from '../daemon.ts';
import { pushImage } from '../images.ts';
import { startDockerRegistry } from '../registry.ts';
import { pageImage } from './images.ts';
import { RealNodes } from './nodes.ts';
import { deployment, listPods } from './workloads.ts';

/** What a run that is to be killed says of itself, as one line of JSON, once its pod answers. */
export interface AbandonedRun {
  readonly hostAddress: string;
  /** Where the nodes write. */
  readonly directory: string;
}

/** Runs a cluster with a node and a pod until it is killed. */
async function main(): Promise<void> {
  const registry = await startDockerRegistry();
  const cluster = await startControlPlane({ nodes: 0 });
  const real = await RealNodes.start(cluster, { registries: [registry.host] });
  await pushImage(registry.host, 'page', '1', await pageImage('to be abandoned'));
  await cluster.api.apply(
    '/apis/apps/v1/namespaces/default/deployments/page',
    deployment('page', `${registry.host}/page:1`),
  );
  const isReady = async () => (await listPods(cluster.api, 'page')).some((pod) => pod.isReady);
  await waitFor('the pod is ready', isReady, { timeoutMillis: 60_000 });
  const { hostAddress, directory } = real;
  console.log(JSON.stringify({ hostAddress, directory } satisfies AbandonedRun));
  setInterval(() => undefined, 60_000);
}

if (import.meta.main) await main();
