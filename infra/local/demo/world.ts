import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awsAccount } from '../../../shared/aws/account.ts';
import { parseConfig } from '../../../shared/config/load.ts';
import { secretReader } from '../../../shared/config/secrets.ts';
import type { Log } from '../../../shared/log.ts';
import { createRepository } from '../git-server/repository.ts';
import { type GitServer, startGitServer } from '../git-server/server.ts';
import { type Kubernetes, startKubernetes } from '../kubernetes/server.ts';
import { pushImage } from '../registry/push-image.ts';
import { startLocalRegistry } from '../registry/server.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { startAgent } from './agent-process.ts';

export interface WorldOptions {
  /** A context of the kubeconfig to use instead of the demo's own Kubernetes API. */
  readonly context: string | undefined;
  /** Of the runtime; 0 for a free one. */
  readonly port: number;
  readonly log: Log;
  /** Lines that the agent logs. */
  readonly onAgentLine: (line: string) => void;
  readonly onAgentEnd: (status: number | null) => void;
}

/** Everything that the story needs, on this machine. */
export interface World {
  /** `http://127.0.0.1:PORT` of the image registry. */
  readonly registry: string;
  /** The bare repository with `hello`. */
  readonly repository: string;
  readonly repositoryUrl: string;
  readonly runtimeUrl: string;
  stop(): Promise<void>;
}

const HELLO = fileURLToPath(new URL('hello', import.meta.url));
/** The host that the manifest of `hello` names, before the demo's own takes its place. */
const PLACEHOLDER = 'registry.example.com';
const FIRST_TAG = '0.1.0';
const AN_HOUR_MILLIS = 3_600_000;

/** Brings up a repository, a registry, a Kubernetes API, the runtime and the agent; each is stopped where one fails. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of stops.toReversed()) {
      await end();
    }
  };
  try {
    return { ...(await build(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(options: WorldOptions, stops: (() => Promise<void>)[]): Promise<Omit<World, 'stop'>> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  stops.push(async () => rm(directory, { recursive: true, force: true }));
  const registry = await startLocalRegistry({ directory: join(directory, 'registry') });
  stops.push(() => registry.stop());
  const url = `http://${registry.host}`;
  const created = new Date(Date.now() - AN_HOUR_MILLIS);
  await pushImage({ registry: url, repository: 'hello', tag: FIRST_TAG, created, content: FIRST_TAG });

  const repository = await createRepository(directory, 'hello.git', {
    branch: 'main',
    from: HELLO,
    files: { 'k8s/deploy.yml': await manifestFor(registry.host) },
  });
  const git: GitServer = await startGitServer({ directory });
  stops.push(() => git.stop());
  const repositoryUrl = `${git.url}/hello.git`;

  const secret = randomBytes(24).toString('hex');
  const runtime: Runtime = await startRuntime({
    config: parseConfig(configFor(repositoryUrl, registry.host), 'the demo'),
    secrets: secretReader({ PUSH_SECRET: secret }),
    aws: awsAccount({}),
    directory: join(directory, 'runtime'),
    port: options.port,
    log: options.log,
  });
  stops.push(() => runtime.stop());
  registry.notify({ url: `${runtime.url}/push/distribution`, headers: { authorization: `Bearer ${secret}` } });

  const cluster = options.context ?? (await ownCluster(directory, stops));
  const agent = startAgent(
    [
      ...['--git-url', repositoryUrl, '--git-path', 'k8s', '--git-poll-interval', '500ms', '--timeout', '60s'],
      ...[
        '--report-function',
        'report-apply',
        '--report-endpoint',
        runtime.url,
        '--state-dir',
        join(directory, 'agent'),
      ],
      ...['--name', 'demo', ...(options.context === undefined ? ['--kubeconfig', cluster] : ['--context', cluster])],
    ],
    options.onAgentLine,
    options.onAgentEnd,
  );
  stops.push(() => agent.stop());
  return { registry: url, repository, repositoryUrl, runtimeUrl: runtime.url };
}

async function ownCluster(directory: string, stops: (() => Promise<void>)[]): Promise<string> {
  const kubernetes: Kubernetes = await startKubernetes();
  stops.push(() => kubernetes.stop());
  const file = join(directory, 'kubeconfig');
  await writeFile(file, kubernetes.kubeconfig, { mode: 0o600 });
  return file;
}

async function manifestFor(host: string): Promise<string> {
  return (await readFile(join(HELLO, 'k8s/deploy.yml'), 'utf8')).replace(PLACEHOLDER, host);
}

function configFor(repositoryUrl: string, host: string): string {
  return `
repositories:
  - url: ${repositoryUrl}
    paths: [k8s]
    delivery: { mode: commit, skipCi: true }
registries:
  - host: "${host}"
    insecure: true
    push: { source: distribution, secret: env:PUSH_SECRET }
`;
}
