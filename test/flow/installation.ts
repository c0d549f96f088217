import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { bundleAgent } from '../../infra/agent/bundle.ts';
import { type ControlPlane, printKubeconfig } from '../cluster/control-plane.ts';
import { type Daemon, startDaemon } from '../cluster/daemon.ts';
import { layerBinary } from '../cluster/installed-parts.ts';

const CLI = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));

/** What `sluice install` made of a cluster. */
export interface Installation {
  /** The names of what was made, as kubectl prints them. */
  readonly made: readonly string[];
  /** Starts a replica as its Deployment says, with the token of its own service account. */
  start(more?: readonly string[]): Promise<Daemon>;
  stop(): void;
}

interface Printed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
  };
}

/** `sluice install … | kubectl apply -f -`, word for word. */
export async function install(cluster: ControlPlane, flags: readonly string[]): Promise<Installation> {
  const { stdout: manifests } = await promisify(execFile)(process.execPath, [CLI, 'install', ...flags]);
  const made = await kubectl(cluster, ['apply', '-f', '-'], manifests);
  const objects = parseAllDocuments(manifests).map((document): Printed => document.toJS());
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const config = objects.find(({ kind }) => kind === 'ConfigMap')?.data?.['agent.yml'] ?? '';
  const { name, namespace } = deployment?.metadata ?? { name: '', namespace: '' };
  const directory = mkdtempSync(join(tmpdir(), 'sluice-installation-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const token = await kubectl(cluster, ['create', 'token', name, '-n', namespace]);
  writeFileSync(kubeconfig, printKubeconfig(cluster, token.trim()), { mode: 0o600 });
  const file = join(directory, 'agent.yml');
  writeFileSync(file, config);
  const agent = join(directory, 'sluice-agent.mjs');
  await bundleAgent(agent);
  // No kubelet runs it: where the pod has its files, and its account, is told.
  const here: Readonly<Record<string, string>> = {
    '/etc/sluice-agent/config/agent.yml': file,
    '$(POD_NAMESPACE)': namespace,
    '8080': '0',
  };
  const told = deployment?.spec?.template.spec.containers[0]?.args.map((word) => here[word] ?? word) ?? [];
  let count = 0;
  return {
    made: made.split('\n').filter((line) => line !== ''),
    async start(more = []) {
      count += 1;
      const state = join(directory, `state-${count}`);
      return startDaemon({
        name: `agent-${count}`,
        command: process.execPath,
        arguments: [agent, ...told, '--kubeconfig', kubeconfig, '--state-dir', state, ...more],
        logDirectory: directory,
      });
    },
    stop: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Runs kubectl as the administrator; gives what it prints. */
export async function kubectl(cluster: ControlPlane, words: readonly string[], input = ''): Promise<string> {
  const child = spawn(layerBinary('kubectl'), ['--kubeconfig', cluster.kubeconfig, ...words]);
  child.stdin.end(input);
  const [output, complaint, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  if (status !== 0) {
    throw new Error(`kubectl ${words.join(' ')}: ${complaint}`);
  }
  return output;
}
