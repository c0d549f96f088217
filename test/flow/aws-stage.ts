import { join } from 'node:path';
import { openCluster } from '../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { type Aws, openAws } from '../aws/open-aws.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { startDaemon } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';
import { openRealSources, type RealSources } from './real-sources.ts';
import { configFor } from './repository.ts';
import { linesOf, mainOf } from './runtime-stage.ts';
import { readLine, type Stage } from './stage.ts';

/** The stage up to the commit, whose functions are a deployed stack's. */
export interface FunctionsStage extends Omit<Stage, 'cluster'>, RealSources {
  readonly aws: Aws;
}

export interface FunctionsStageOptions {
  /** YAML below `registries:` beside the one of the stage, two spaces in. */
  readonly registries?: string;
  readonly params?: Readonly<Record<string, string>>;
}

const TIMEOUT_MILLIS = 10_000;
const PUSH_SECRET = '/sluice/push-secret';

/** Debian's registry and git http-backend, with the functions as AWS would run them. */
export async function openFunctionsStage(options: FunctionsStageOptions = {}): Promise<FunctionsStage> {
  const port = await freePort();
  const pushUrl = `http://127.0.0.1:${port}/push/distribution`;
  const sources = await openRealSources(pushUrl);
  const { gitGate, registryGate, secret } = sources;
  const sluiceYml = configFor(`http://${gitGate.host}/hello.git`, registryGate.host, `ssm:${PUSH_SECRET}`);
  const aws = await openAws({
    sluiceYml: `${sluiceYml}${options.registries ?? ''}`,
    stage: 'test',
    params: options.params ?? {},
    port,
    prepare: async (api) => {
      await api.json('AmazonSSM.PutParameter', 'ssm', { Name: PUSH_SECRET, Value: secret, Type: 'SecureString' });
    },
  });
  return {
    ...sources,
    aws,
    pushUrl,
    lines: () => aws.lambda.lines().map(readLine),
    async stop() {
      await aws.stop();
      await sources.stop();
    },
  };
}

/** The whole stage: with a real control plane, and the agent as a process of its own. */
export async function openAwsStage(options?: FunctionsStageOptions): Promise<FunctionsStage & Stage> {
  const [stage, cluster] = await Promise.all([openFunctionsStage(options), startControlPlane()]);
  const agent = await startDaemon({
    name: 'agent',
    command: process.execPath,
    arguments: [
      ...[mainOf('agent'), '--git-url', stage.repositoryUrl, '--git-path', 'k8s', '--git-poll-interval', '1s'],
      ...['--kubeconfig', cluster.kubeconfig, '--state-dir', join(stage.directory, 'agent')],
      ...['--report-function', stage.aws.stack.functionNamed('report-apply').arn],
      ...['--report-endpoint', stage.aws.proxy.url],
    ],
    logDirectory: stage.directory,
    environment: { AWS_ACCESS_KEY_ID: 'agent', AWS_SECRET_ACCESS_KEY: 'agent' },
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
