import { join } from 'node:path';
import { openCluster } from '../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { startDaemon } from '../cluster/daemon.ts';
import { linesOf, mainOf, openRuntimeStage, type RuntimeStage } from './runtime-stage.ts';
import type { Stage } from './stage.ts';

/** The whole stage of real parts. */
export type RealStage = Stage & RuntimeStage;

const TIMEOUT_MILLIS = 10_000;

/** The runtime's stage with a real control plane, and the agent as a process of its own. */
export async function openRealStage(): Promise<RealStage> {
  const [stage, cluster] = await Promise.all([openRuntimeStage(), startControlPlane()]);
  const agent = await startDaemon({
    name: 'agent',
    command: process.execPath,
    arguments: [
      ...[mainOf('agent'), '--git-url', stage.repositoryUrl, '--git-path', 'k8s', '--git-poll-interval', '1s'],
      ...['--kubeconfig', cluster.kubeconfig, '--state-dir', join(stage.directory, 'agent')],
      ...['--report-function', 'report-apply', '--report-endpoint', stage.invokeUrl],
      ...['--report-token-file', stage.tokenFile],
    ],
    logDirectory: stage.directory,
  });
  return {
    ...stage,
    cluster: openCluster(await clusterAccess(cluster.kubeconfig, undefined), TIMEOUT_MILLIS),
    lines: () => [...stage.lines(), ...linesOf(agent)],
    async stop() {
      await agent.stop();
      await Promise.all([stage.stop(), cluster.stop()]);
    },
  };
}
