import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awsAccount } from '../../shared/aws/account.ts';
import { parseConfig } from '../../shared/config/load.ts';
import type { Log } from '../../shared/log.ts';
import { secretReader } from '../../shared/secrets/secrets.ts';
import { type Runtime, startRuntime } from '../local/runtime.ts';
import { startAgent } from './agent-process.ts';
import { namespaceIn, ownCluster } from './cluster.ts';
import { createRepository } from './git-server/repository.ts';
import { startGitServer } from './git-server/server.ts';
import { type DemoImages, type DemoStep, ownImages, type PersonsImage, personsImages } from './images.ts';
import { PersonsCluster } from './persons-cluster.ts';
import type { DemoRun } from './runs.ts';

export interface WorldOptions {
  readonly run: DemoRun;
  /** A context of the kubeconfig to use instead of the demo's own Kubernetes API. */
  readonly context: string | undefined;
  /** An image to use instead of the demo's own. */
  readonly image: PersonsImage | undefined;
  /** Those of the environment that say where a kubeconfig is. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Of the runtime; 0 for a free one. */
  readonly port: number;
  readonly log: Log;
  /** Lines that the agent logs. */
  readonly onAgentLine: (line: string) => void;
  readonly onAgentEnd: (status: number | null) => void;
}

/** Everything that the story needs, on this machine. */
export interface World {
  /** `http://127.0.0.1:PORT` of the demo's own image registry; undefined where the image is a person's. */
  readonly registry: string | undefined;
  /** The bare repository with `hello`. */
  readonly repository: string;
  readonly repositoryUrl: string;
  readonly runtime: Runtime;
  readonly steps: readonly DemoStep[];
  /** What keeps pods from starting, in one sentence. */
  readonly podFault: () => Promise<string | undefined>;
  stop(): Promise<void>;
}

const HELLO = fileURLToPath(new URL('hello', import.meta.url));
/** What the manifest of `hello` names before the demo's image takes its place. */
const PLACEHOLDER = 'registry.example.com/hello:0.1.0';

/** Brings up a repository, a registry, a Kubernetes API, the runtime and the agent; each is stopped where one fails. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    const faults: unknown[] = [];
    for (const end of stops.toReversed()) {
      await end().catch((fault: unknown) => faults.push(fault));
    }
    if (faults.length > 0) {
      throw faults[0];
    }
  };
  try {
    return { ...(await build(options, stops)), stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

async function build(options: WorldOptions, stops: (() => Promise<void>)[]): Promise<Omit<World, 'stop'>> {
  const { run, context, image, variables } = options;
  const { directory } = run;
  const persons = context === undefined ? undefined : await PersonsCluster.open(context, variables);
  if (image === undefined) {
    await persons?.needsNoPull();
  }
  const images = image === undefined ? await ownImages(join(directory, 'registry')) : personsImages(image);
  stops.push(images.stop);
  const { repository, commit } = await createHello(directory, images);
  const git = await startGitServer({ directory });
  stops.push(async () => git.stop());
  const repositoryUrl = `${git.url}/hello.git`;

  const secret = randomBytes(24).toString('hex');
  const runtime = await startRuntimeFor(configFor(repositoryUrl, images), secret, options);
  stops.push(async () => runtime.stop());
  images.tell(runtime.url, secret);

  const cluster =
    persons === undefined || context === undefined
      ? await ownCluster(directory, images.has)
      : await namespaceIn(persons, context, run);
  stops.push(cluster.stop);
  const flags = [...agentFlags(repositoryUrl, runtime, directory), ...cluster.flags];
  const agent = startAgent(flags, options.onAgentLine, options.onAgentEnd);
  stops.push(async () => agent.stop());
  const { registry } = images;
  return { registry, repository, repositoryUrl, runtime, steps: images.steps(commit), podFault: cluster.podFault };
}

/** Makes the repository that the agent follows; its one commit names the first image. */
async function createHello(
  directory: string,
  images: DemoImages,
): Promise<{ readonly repository: string; readonly commit: string }> {
  const repository = await createRepository(directory, 'hello.git', {
    branch: 'main',
    from: HELLO,
    files: { 'k8s/deploy.yml': await manifestFor(images) },
  });
  const commit = execFileSync('git', ['-C', repository, 'rev-parse', '--short=12', 'main'], { encoding: 'utf8' });
  return { repository, commit: commit.trim() };
}

/** @param secret of pushes */
async function startRuntimeFor(configText: string, secret: string, options: WorldOptions): Promise<Runtime> {
  const config = parseConfig(configText, 'the demo');
  return startRuntime({
    config,
    secrets: secretReader({ PUSH_SECRET: secret }),
    aws: awsAccount({}),
    directory: join(options.run.directory, 'runtime'),
    port: options.port,
    invokePort: 0,
    // Nothing was missed, and what a person's registry has already is to come by the push that the story tells of.
    firstSweepSeconds: config.sweep.every,
    log: options.log,
  });
}

function agentFlags(repositoryUrl: string, { invokeUrl, tokenFile }: Runtime, directory: string): readonly string[] {
  return [
    ...['--git-url', repositoryUrl, '--git-path', 'k8s', '--git-poll-interval', '500ms', '--timeout', '60s'],
    ...['--report-function', 'report-apply', '--report-endpoint', invokeUrl, '--report-token-file', tokenFile],
    ...['--state-dir', join(directory, 'agent'), '--name', 'demo'],
  ];
}

/** What a person's image listens on is not known: it counts as ready when it runs. */
async function manifestFor({ first, registry }: DemoImages): Promise<string> {
  const manifest = (await readFile(join(HELLO, 'k8s/deploy.yml'), 'utf8')).replace(PLACEHOLDER, first);
  return registry === undefined ? manifest.replace(/\n {10}ports:\n[\s\S]*$/, '\n') : manifest;
}

function configFor(repositoryUrl: string, { host, source }: DemoImages): string {
  const isHere = /^(127\.0\.0\.1|localhost)(:|$)/.test(host);
  return `
repositories:
  - url: ${repositoryUrl}
    paths: [k8s]
    delivery: { mode: commit, skipCi: true }
registries:
  - host: "${host}"
    insecure: ${isHere}
    push: { source: ${source}, secret: env:PUSH_SECRET }
`;
}
