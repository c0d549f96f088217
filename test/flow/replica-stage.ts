import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRepository } from '../../infra/demo/git-server/repository.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../cluster/control-plane.ts';
import { type Daemon, startDaemon } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';
import { linesOf, mainOf } from './runtime-stage.ts';
import { git, type Line } from './stage.ts';

/** An agent as a process of its own. */
export interface Replica {
  readonly daemon: Daemon;
  readonly lines: () => readonly Line[];
  /** Asks its HTTP end: `/metrics`. */
  readonly get: (path: string) => Promise<{ readonly status: number; readonly body: string }>;
}

/** A real control plane, a repository, and agents that follow it. */
export interface ReplicaStage {
  readonly cluster: ControlPlane;
  /** Commits these files, and these alone. */
  readonly commit: (files: Readonly<Record<string, string>>) => string;
  readonly start: (name: string, ...flags: readonly string[]) => Promise<Replica>;
  /** All lines of all replicas, for `until`. */
  readonly lines: () => readonly Line[];
  /** `data` of a ConfigMap of the default namespace; undefined where there is none. */
  readonly dataOf: (name: string) => Promise<Readonly<Record<string, string>> | undefined>;
  readonly stop: () => Promise<void>;
}

const COMMITTER = ['-c', 'user.name=Sluice', '-c', 'user.email=sluice@localhost', '-c', 'commit.gpgsign=false'];

export async function openReplicaStage(
  files: Readonly<Record<string, string>>,
  options: ControlPlaneOptions = {},
): Promise<ReplicaStage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-replicas-'));
  const cluster = await startControlPlane(options);
  const bare = await createRepository(directory, 'shop.git', { branch: 'main', files });
  const tree = join(directory, 'tree');
  git(directory, 'clone', '--quiet', bare, tree);
  const replicas: Replica[] = [];
  return {
    cluster,
    commit(wanted) {
      git(tree, 'rm', '--quiet', '-r', '.');
      mkdirSync(tree, { recursive: true });
      for (const [path, text] of Object.entries(wanted)) {
        writeFileSync(join(tree, path), text);
      }
      git(tree, 'add', '--all');
      git(tree, ...COMMITTER, 'commit', '--quiet', '--message', 'Change');
      git(tree, 'push', '--quiet', 'origin', 'main');
      return git(tree, 'rev-parse', 'HEAD').trim();
    },
    async start(name, ...flags) {
      const port = await freePort();
      const daemon = await startDaemon({
        name,
        command: process.execPath,
        arguments: [
          ...[mainOf('agent'), '--git-url', bare, '--git-poll-interval', '500ms', '--name', 'shop', '--no-marker'],
          ...['--kubeconfig', cluster.kubeconfig, '--state-dir', join(directory, name)],
          ...['--http-port', String(port), ...flags],
        ],
        logDirectory: directory,
      });
      const replica: Replica = {
        daemon,
        lines: () => linesOf(daemon),
        async get(path) {
          const reply = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
          return { status: reply?.status ?? 0, body: (await reply?.text()) ?? '' };
        },
      };
      replicas.push(replica);
      return replica;
    },
    lines: () => replicas.flatMap(({ lines }) => lines()),
    async dataOf(name) {
      const { status, body } = await cluster.api.request(`/api/v1/namespaces/default/configmaps/${name}`);
      return status === 200 ? (body as { data?: Readonly<Record<string, string>> }).data : undefined;
    },
    async stop() {
      await Promise.all(replicas.map(async ({ daemon }) => daemon.kill()));
      await cluster.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
