import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { AGE_KEY_FILE } from '../../../infra/agent/install/options.ts';
import { createRepository } from '../../../infra/demo/git-server/repository.ts';
import { startGitServer } from '../../../infra/demo/git-server/server.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { agentImage } from '../../cluster/images/agent-image.ts';
import { pushImage } from '../../cluster/images.ts';
import { busyboxImage } from '../../cluster/node/images.ts';
import { RealNodes } from '../../cluster/node/nodes.ts';
import { partPath } from '../../cluster/parts.ts';
import { startDockerRegistry } from '../../cluster/registry.ts';
import { makeRunFolder } from '../../cluster/run-folder.ts';
import { Branch } from '../branch.ts';
import { kubectl } from '../installation.ts';
import { type ExpiringAgent, installExpiring } from './expiring-agent.ts';
import { AgentPods } from './pods.ts';

/** The agent as `sluice install` makes it: two pods on two nodes, and a repository that they follow. */
export interface PodStage {
  readonly cluster: ControlPlane;
  readonly real: RealNodes;
  readonly branch: Branch;
  readonly agents: AgentPods;
  /** Another agent, on the node that is never drained. */
  readonly expiring: ExpiringAgent;
  /** The agent's image: `HOST/sluice-agent:0.1.0@sha256:…` */
  readonly image: string;
  /** An image with busybox as its entry point. */
  readonly busybox: string;
  /** Path of the age key that the agent has. */
  readonly ageKey: string;
  stop(): Promise<void>;
}

const CLI = fileURLToPath(new URL('../../../infra/cli/main.ts', import.meta.url));

/** Enough for what is rendered here; a limit that is soon reached. */
const MEMORY_LIMIT = '384Mi';
/** More than that, so that the kernel ends what renders too much, and no limit of its own does. */
const RENDER_MEMORY = '1GiB';

/** Starts all of it; resolves when both replicas are ready. */
export async function openPodStage(files: (ageKey: string, busybox: string) => Readonly<Record<string, string>>) {
  const directory = await makeRunFolder('sluice-agent-pod');
  const [registry, cluster] = await Promise.all([startDockerRegistry(), startControlPlane({ nodes: 0 })]);
  const real = await RealNodes.start(cluster, { count: 2, registries: [registry.host] });
  await pushImage(registry.host, 'busybox', '1', await busyboxImage({ entrypoint: ['/bin/busybox'] }));
  const busybox = `${registry.host}/busybox:1`;
  const ageKey = join(directory, 'age.agekey');
  execFileSync(partPath('age-keygen'), ['-o', ageKey], { stdio: 'ignore' });
  const bare = await createRepository(directory, 'shop.git', { branch: 'main', files: files(ageKey, busybox) });
  const git = await startGitServer({ directory });
  const url = await real.expose(`${git.url}/shop.git`);
  const image = await agentImage(registry.host);
  await install(cluster, { url, image, ageKey, directory });
  const expiring = await installExpiring(cluster, { url, image, directory, node: real.nodes.at(-1)?.name ?? '' });
  const agents = await AgentPods.open(cluster, real, directory);
  const stage: PodStage = {
    ...{ cluster, real, agents, expiring, image, busybox, ageKey },
    branch: new Branch(bare, join(directory, 'tree')),
    async stop() {
      await agents.stop();
      await real.stop();
      await Promise.all([cluster.stop(), registry.stop(), git.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return stage;
}

interface Installed {
  readonly url: string;
  readonly image: string;
  readonly ageKey: string;
  readonly directory: string;
}

async function install(cluster: ControlPlane, { url, image, ageKey, directory }: Installed): Promise<void> {
  const config = join(directory, 'agent.yml');
  const source = { url, paths: ['k8s'], pollInterval: '1s', timeout: '1m' };
  const sources = [{ ...source, sopsAgeKeyFile: AGE_KEY_FILE }];
  writeFileSync(config, JSON.stringify({ sources, renderMemory: RENDER_MEMORY }));
  await kubectl(cluster, ['create', 'namespace', 'sluice']);
  await kubectl(cluster, ['create', 'secret', 'generic', 'age', '-n', 'sluice', `--from-file=age.agekey=${ageKey}`]);
  const flags = ['--config', config, '--target-namespace', 'default', '--age-secret', 'age'];
  const pod = ['--image', image, '--memory-limit', MEMORY_LIMIT];
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'install', ...flags, ...pod]);
  await kubectl(cluster, ['apply', '-f', '-'], askedOften(stdout));
  await kubectl(cluster, ['rollout', 'status', 'deployment/sluice-agent', '-n', 'sluice', '--timeout=5m']);
}

interface Installable {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { livenessProbe: object; readinessProbe: object }[] };
    };
  };
}

/** The same manifests with probes that come soon again, and a short grace for what fails them: nobody waits for minutes. */
function askedOften(manifests: string): string {
  const objects = parseAllDocuments(manifests).map((document): Installable => document.toJS());
  for (const { spec } of objects.filter(({ kind }) => kind === 'Deployment')) {
    for (const container of spec.template.spec.containers) {
      Object.assign(container.livenessProbe, { periodSeconds: 10, terminationGracePeriodSeconds: 1 });
      Object.assign(container.readinessProbe, { periodSeconds: 1 });
    }
  }
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

/** Encrypts what an object's data say, as a person does for the agent's key. */
export function encrypted(ageKey: string, manifest: string): string {
  const [, recipient = ''] = /public key: (\S+)/.exec(readFileSync(ageKey, 'utf8')) ?? [];
  const file = join(dirname(ageKey), 'plain.yml');
  writeFileSync(file, manifest);
  const flags = ['--age', recipient, '--encrypted-regex', '^(data|stringData)$'];
  return execFileSync(partPath('sops'), ['encrypt', ...flags, file], { encoding: 'utf8' });
}
