import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCluster } from '../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { type Installation, install } from './installation.ts';
import { linesOf, openRuntimeStage, type RuntimeStage } from './runtime-stage.ts';
import type { Stage } from './stage.ts';

/** The whole stage, whose agent is what `sluice install` made. */
export interface InstalledStage extends Stage, RuntimeStage {
  readonly installation: Installation;
}

const TIMEOUT_MILLIS = 10_000;

/** The runtime's stage with a real control plane, and two replicas by the token and the rights of their own account. */
export async function openInstalledStage(): Promise<InstalledStage> {
  const [stage, cluster] = await Promise.all([openRuntimeStage(), startControlPlane()]);
  const file = join(stage.directory, 'agent.yml');
  const source = { url: stage.repositoryUrl, paths: ['k8s'], pollInterval: '1s' };
  const { invokeUrl: reportEndpoint, tokenFile: reportTokenFile } = stage;
  const report = { reportFunction: 'report-apply', reportEndpoint, reportTokenFile };
  writeFileSync(file, JSON.stringify({ sources: [source], ...report }));
  const installation = await install(cluster, ['--config', file, '--target-namespace', 'default']);
  const replicas = [await installation.start(), await installation.start()];
  return {
    ...stage,
    installation,
    cluster: openCluster(await clusterAccess(cluster.kubeconfig, undefined), TIMEOUT_MILLIS),
    lines: () => [...stage.lines(), ...replicas.flatMap(linesOf)],
    async stop() {
      await Promise.all(replicas.map(async (replica) => replica.stop()));
      installation.stop();
      await Promise.all([stage.stop(), cluster.stop()]);
    },
  };
}
