import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster } from '../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { startAgent } from '../../infra/demo/agent-process.ts';
import { startGitServer } from '../../infra/demo/git-server/server.ts';
import { startKubernetes } from '../../infra/demo/kubernetes/server.ts';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { startLocalRegistry } from '../../infra/demo/registry/server.ts';
import { startRuntime } from '../../infra/local/runtime.ts';
import { awsAccount } from '../../shared/aws/account.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { createLog } from '../../shared/log.ts';
import { secretReader } from '../../shared/secrets/secrets.ts';
import { configFor, createHello } from './repository.ts';
import { type Line, readLine, type Stage } from './stage.ts';

const TIMEOUT_MILLIS = 10_000;

/** The story's stage with Node and git alone: the parts of the demo. */
export async function openLocalStage(): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-flow-'));
  const lines: Line[] = [];
  const write = (line: string) => void lines.push(readLine(line));
  const registry = await startLocalRegistry({ directory: join(directory, 'registry') });
  const url = `http://${registry.host}`;
  const push = async (tag: string, created: Date) => {
    await pushImage({ registry: url, repository: 'hello', tag, created, content: tag });
  };
  await push('0.1.0', new Date(Date.UTC(2026, 10, 23, 9)));
  const repository = await createHello(directory, registry.host);
  const git = await startGitServer({ directory });
  const secret = 'a secret of the flow test';
  const runtime = await startRuntime({
    config: parseConfig(configFor(`${git.url}/hello.git`, registry.host), 'sluice.yml'),
    secrets: secretReader({ PUSH_SECRET: secret }),
    aws: awsAccount({}),
    directory: join(directory, 'runtime'),
    port: 0,
    invokePort: 0,
    log: createLog({}, 'info', { write }),
  });
  const pushUrl = `${runtime.url}/push/distribution`;
  registry.notify({ url: pushUrl, headers: { authorization: `Bearer ${secret}` } });
  const kubernetes = await startKubernetes({ podMillis: 50 });
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  const agent = startAgent(
    [
      ...[
        '--git-url',
        `${git.url}/hello.git`,
        '--git-path',
        'k8s',
        '--git-poll-interval',
        '200ms',
        '--kubeconfig',
        kubeconfig,
      ],
      ...[
        '--report-function',
        'report-apply',
        '--report-endpoint',
        runtime.invokeUrl,
        '--report-token-file',
        runtime.tokenFile,
        '--state-dir',
        join(directory, 'agent'),
      ],
    ],
    write,
    (status) => lines.push({ message: `the agent ended with status ${status}` }),
  );
  return {
    image: `${registry.host}/hello`,
    repository,
    pushUrl,
    secret,
    cluster: openCluster(await clusterAccess(kubeconfig, undefined), TIMEOUT_MILLIS),
    push,
    lines: () => lines,
    async stop() {
      await agent.stop();
      await runtime.stop();
      await Promise.all([registry.stop(), git.stop(), kubernetes.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
