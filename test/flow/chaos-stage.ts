import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleAgent } from '../../infra/agent/bundle.ts';
import { createRepository } from '../../infra/demo/git-server/repository.ts';
import { startGitServer } from '../../infra/demo/git-server/server.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { type Daemon, startDaemon } from '../cluster/daemon.ts';
import type { KubeObject } from '../cluster/kube-api.ts';
import { partPath } from '../cluster/parts.ts';
import { AGENT, expectOwned, plantForeign, statusOf } from './chaos-cluster.ts';
import { filesOf } from './chaos-revision.ts';
import { type Gate, startGate } from './gate.ts';
import { linesOf } from './runtime-stage.ts';
import { git, type Line, markedRevision, until } from './stage.ts';

/** A control plane, a Git host and the agent as a process, with gates between them at which it can be stopped. */
export interface ChaosStage {
  readonly cluster: ControlPlane;
  /** Gone after `stop`. */
  readonly directory: string;
  /** The bare repository. */
  readonly repository: string;
  readonly apiGate: Gate;
  readonly gitGate: Gate;
  readonly agent: () => Daemon;
  readonly lines: () => readonly Line[];
  /** Ends the agent by SIGKILL. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Commits these objects, and these alone; files besides them as they are. */
  readonly commit: (objects: readonly KubeObject[], how?: CommitOptions) => string;
  /** Waits for a moment of which the test was told by somebody else. */
  readonly reached: (what: string, moment: Promise<unknown>) => Promise<void>;
  /** Waits until the agent logs such a failure, after this was done. */
  readonly fails: (why: RegExp, act: () => unknown) => Promise<void>;
  /** Waits until the status says this of a revision. */
  readonly told: (revision: string, state: 'healthy' | 'failed', problems?: RegExp) => Promise<void>;
  /** Waits until a revision stands, and expects that all of it is there, and nothing else is ours or was touched. */
  readonly settled: (revision: string, objects: readonly KubeObject[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface CommitOptions {
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** In the place of the last commit, by a push with force. */
  readonly isForced?: boolean;
}

const COMMITTER = ['-c', 'user.name=Sluice', '-c', 'user.email=sluice@localhost', '-c', 'commit.gpgsign=false'];
const PATIENCE_MILLIS = 60_000;
const LOOK_MILLIS = 50;

/** What others have in the cluster, some of it under names and labels like ours. */
const FOREIGN: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'foreign' } },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'changing', namespace: 'foreign' },
    data: { value: 'theirs' },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'of-another-agent', namespace: 'foreign', labels: { 'sluice.dev/agent': 'another' } },
  },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'foreign', namespace: 'default' }, data: {} },
  { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'foreign' }, value: 1 },
];

/**
 * Starts all but the agent.
 *
 * @param flags of the agent, besides those that every one needs
 */
export async function openChaosStage(flags: readonly string[] = []): Promise<ChaosStage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-chaos-'));
  const bundle = join(directory, 'agent.mjs');
  await bundleAgent(bundle);
  const cluster = await startControlPlane();
  const expectForeign = await plantForeign(cluster.api, FOREIGN);
  const repository = await createRepository(directory, 'shop.git', {
    branch: 'main',
    files: { 'README.md': 'Shop\n' },
  });
  const tree = join(directory, 'tree');
  git(directory, 'clone', '--quiet', repository, tree);
  const server = await startGitServer({ directory });
  const gitGate = await startGate(new URL(server.url).host);
  const apiGate = await startGate(new URL(cluster.url).host, cluster.certificateAuthority);
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(`http://${apiGate.host}`, await tokenOf(cluster)), { mode: 0o600 });
  let agent: Daemon | undefined;
  const running = () => {
    if (agent === undefined) throw new Error('agent: expected it to be running, found that it was never started');
    return agent;
  };
  const stage: ChaosStage = {
    cluster,
    directory,
    repository,
    apiGate,
    gitGate,
    agent: running,
    lines: () => (agent === undefined ? [] : linesOf(agent)),
    kill: async () => agent?.kill(),
    async start() {
      agent = await startDaemon({
        name: 'agent',
        command: process.execPath,
        arguments: [
          ...[bundle, '--name', AGENT, '--kubeconfig', kubeconfig, '--state-dir', join(directory, 'state')],
          ...['--git-url', `http://${gitGate.host}/shop.git`, '--git-poll-interval', '200ms', '--git-timeout', '3s'],
          // What failed is tried again as soon.
          ...['--sync-interval', '2s', '--timeout', '30s', '--kustomize', partPath('kustomize'), ...flags],
        ],
        logDirectory: directory,
      });
    },
    commit(objects, { files = {}, isForced = false } = {}) {
      git(tree, 'rm', '--quiet', '-r', '--ignore-unmatch', '.');
      for (const [path, text] of Object.entries({ ...filesOf(objects), ...files })) {
        mkdirSync(join(tree, dirname(path)), { recursive: true });
        writeFileSync(join(tree, path), text);
      }
      git(tree, 'add', '--all');
      git(tree, ...COMMITTER, 'commit', '--quiet', '--message', 'Change', ...(isForced ? ['--amend'] : []));
      git(tree, 'push', '--quiet', ...(isForced ? ['--force'] : []), 'origin', 'main');
      return git(tree, 'rev-parse', 'HEAD').trim();
    },
    async reached(what, moment) {
      await until(what, stage, async () => Promise.race([moment.then(() => true), sleep(LOOK_MILLIS, undefined)]));
    },
    async fails(why, act) {
      const seen = stage.lines().length;
      await act();
      const isSaid = () =>
        stage
          .lines()
          .slice(seen)
          .some(({ level, ...line }) => level === 'error' && why.test(JSON.stringify(line)));
      await until(`a failure like ${why}`, stage, () => isSaid() || undefined, PATIENCE_MILLIS);
    },
    async told(revision, state, problems = /^/) {
      const isTold = async () => {
        const told = await statusOf(cluster.api);
        const isWhole = state === 'failed' || told['lastAppliedRevision'] === revision;
        return (
          (told['state'] === state &&
            told['revision'] === revision &&
            isWhole &&
            problems.test(told['problems'] ?? '')) ||
          undefined
        );
      };
      await until(`${revision} is ${state}`, stage, isTold, PATIENCE_MILLIS);
    },
    async settled(revision, objects) {
      await stage.told(revision, 'healthy');
      await expectOwned(cluster.api, objects);
      await expectForeign();
      await until('the marker', stage, () => markedRevision(repository) === revision || undefined);
    },
    async stop() {
      await agent?.kill();
      await Promise.all([apiGate.stop(), gitGate.stop()]);
      await Promise.all([server.stop(), cluster.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return stage;
}

/** A service account that may do anything, until its binding is taken away. */
async function tokenOf({ api }: ControlPlane): Promise<string> {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const metadata = { name: 'agent', namespace: 'default' };
  await api.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  await grant(api);
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec: {} };
  const granted = (await api.create(`${accounts}/agent/token`, request)) as {
    readonly status: { readonly token: string };
  };
  return granted.status.token;
}

const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

/** Lets the agent do what a role says: anything where it is left out. */
export async function grant(api: ControlPlane['api'], role = 'cluster-admin'): Promise<void> {
  await api.create(BINDINGS, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'agent' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: 'agent', namespace: 'default' }],
  });
}

/** Takes all rights from the agent. */
export async function revoke(api: ControlPlane['api']): Promise<void> {
  await api.request(`${BINDINGS}/agent`, { method: 'DELETE' });
}

/** Past the gate, which speaks no TLS. */
function kubeconfigOf(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'agent', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'agent' } }],
    'current-context': 'test',
  });
}
