import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { REPORT_TOKEN_FILE } from '../../infra/agent/install/options.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { agentImage } from '../cluster/images/agent-image.ts';
import { RealNodes } from '../cluster/node/nodes.ts';
import { listPods, type PodSummary } from '../cluster/node/workloads.ts';
import { makeRunFolder } from '../cluster/run-folder.ts';
import { startGate } from './gate.ts';
import { kubectl } from './installation.ts';
import { openRuntimeStage, type RuntimeStage } from './runtime-stage.ts';
import { removeImages, SamplePipeline } from './sample-pipeline.ts';

/** The whole of Sluice with nothing pretended: a node that runs pods, the agent among them, and a CI that builds images. */
export interface NodeStage extends RuntimeStage {
  readonly cluster: ControlPlane;
  readonly real: RealNodes;
  readonly pipeline: SamplePipeline;
  /** `sluice install … --image … | kubectl apply -f -`, word for word; resolves when both replicas are ready. */
  installAgent(): Promise<void>;
  /** The image, the service account and the phase of each pod of the agent. */
  agents(): Promise<readonly (readonly string[])[]>;
  /** The pods of the Deployment hello. */
  pods(): Promise<readonly PodSummary[]>;
}

const CLI = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));

/** Starts all of it but the agent. */
export async function openNodeStage(): Promise<NodeStage> {
  const stage = await openRuntimeStage();
  const directory = await makeRunFolder('sluice-node-stage', (name) => removeImages(join(tmpdir(), name)));
  const cluster = await startControlPlane({ nodes: 0 });
  const real = await RealNodes.start(cluster, { registries: [stage.registryGate.host] });
  const pipeline = new SamplePipeline({ repository: stage.repository, image: stage.image, directory });
  // The runtime takes reports of its own machine alone: a proxy in between speaks for the pods.
  const invoke = new URL(stage.invokeUrl).host;
  const reportGate = await startGate(invoke, undefined, { host: invoke });
  const reportEndpoint = await real.expose(`http://${reportGate.host}`);
  const repositoryUrl = await real.expose(stage.repositoryUrl);
  return {
    ...stage,
    cluster,
    real,
    pipeline,
    async agents() {
      const fields = '{.spec.containers[0].image}{" "}{.spec.serviceAccountName}{" "}{.status.phase}';
      const output = `-o=jsonpath={range .items[*]}${fields}{"\\n"}{end}`;
      const lines = await kubectl(cluster, ['get', 'pods', '-n', 'sluice', output]);
      return lines
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
    },
    pods: async () => listPods(cluster.api, 'hello'),
    async installAgent() {
      const image = await agentImage(stage.registryGate.host);
      const token = readFileSync(stage.tokenFile, 'utf8').trim();
      const secret = ['create', 'secret', 'generic', 'report', '-n', 'sluice', `--from-literal=token=${token}`];
      await kubectl(cluster, ['create', 'namespace', 'sluice']);
      await kubectl(cluster, secret);
      const source = { url: repositoryUrl, paths: ['k8s'], pollInterval: '1s', timeout: '1m' };
      const report = { reportFunction: 'report-apply', reportEndpoint, reportTokenFile: REPORT_TOKEN_FILE };
      const config = join(directory, 'agent.yml');
      writeFileSync(config, JSON.stringify({ sources: [source], ...report }));
      const flags = [
        ...['--config', config, '--target-namespace', 'default', '--image', image],
        ...['--report-token-secret', 'report'],
      ];
      const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'install', ...flags]);
      await kubectl(cluster, ['apply', '-f', '-'], stdout);
      await kubectl(cluster, ['rollout', 'status', 'deployment/sluice-agent', '-n', 'sluice', '--timeout=5m']);
    },
    async stop() {
      await real.stop();
      await Promise.all([cluster.stop(), pipeline.stop(), reportGate.stop()]);
      await stage.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
