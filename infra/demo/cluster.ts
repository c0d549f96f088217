import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startKubernetes } from './kubernetes/server.ts';
import type { PersonsCluster } from './persons-cluster.ts';
import type { DemoRun } from './runs.ts';

/** The cluster that a demo deploys to. */
export interface DemoCluster {
  /** Those of the agent that lead to it. */
  readonly flags: readonly string[];
  /** What keeps pods from starting, in one sentence; undefined where nothing is known to. */
  readonly podFault: () => Promise<string | undefined>;
  /** Takes away what the demo made. */
  readonly stop: () => Promise<void>;
}

/** A Kubernetes API of the demo's own. */
export async function ownCluster(
  directory: string,
  canPull: (image: string) => Promise<boolean>,
): Promise<DemoCluster> {
  const kubernetes = await startKubernetes({ canPull });
  const file = join(directory, 'kubeconfig');
  await writeFile(file, kubernetes.kubeconfig, { mode: 0o600 });
  return { flags: ['--kubeconfig', file], podFault: async () => undefined, stop: async () => kubernetes.stop() };
}

/** A namespace of the demo's own in a person's cluster. @throws SluiceError `cluster-…` */
export async function namespaceIn(cluster: PersonsCluster, context: string, run: DemoRun): Promise<DemoCluster> {
  const name = `sluice-demo-${run.id}`;
  run.write({ namespace: { context, name } });
  await cluster.createNamespace(name, run.id);
  return {
    flags: ['--context', context, '--namespace', name, '--default-namespace', name],
    podFault: async () => cluster.podFault(name),
    stop: async () => cluster.removeNamespace(name, run.id),
  };
}
