import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { openCluster } from '../../infra/agent/cluster.ts';
import { clusterAccess } from '../../infra/agent/kubeconfig.ts';
import { startGitServer } from '../../infra/local/git-server/server.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { type Daemon, startDaemon } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';
import { makeImage, pushImage } from '../cluster/images.ts';
import { startDockerRegistry } from '../cluster/registry.ts';
import { type Gate, startGate } from './gate.ts';
import { configFor, createHello } from './repository.ts';
import type { Line, Stage } from './stage.ts';

/** The stage of real parts, and ways to break the runtime. */
export interface RealStage extends Stage {
  /** Between the runtime and the registry, and between the runtime and Git. */
  readonly registryGate: Gate;
  readonly gitGate: Gate;
  /** Ends the runtime by SIGKILL. */
  killRuntime(): Promise<void>;
  startRuntime(): Promise<void>;
  /** How many messages are in the queues between the functions. */
  waitingMessages(): number;
}

const TIMEOUT_MILLIS = 10_000;
const MAIN = (part: string) => fileURLToPath(new URL(`../../infra/${part}/main.ts`, import.meta.url));

/** Debian's registry, git http-backend, a real control plane; runtime and agent are processes of their own. */
export async function openRealStage(): Promise<RealStage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-flow-'));
  const secret = 'a secret of the flow test';
  const port = await freePort();
  const pushUrl = `http://127.0.0.1:${port}/push/distribution`;
  const notify = [{ url: pushUrl, headers: { authorization: `Bearer ${secret}` } }];
  const [registry, cluster] = await Promise.all([startDockerRegistry({ notify }), startControlPlane()]);
  // Images are named by the gate, so that the registry hears that host and the runtime asks through it.
  const registryGate = await startGate(registry.host);
  const push = async (tag: string, created: Date) => {
    await pushImage(registryGate.host, 'hello', tag, await makeImage({ created }));
  };
  await push('0.1.0', new Date(Date.UTC(2026, 10, 23, 9)));
  const repository = await createHello(directory, registryGate.host);
  const git = await startGitServer({ directory });
  const gitGate = await startGate(new URL(git.url).host);
  const config = join(directory, 'sluice.yml');
  writeFileSync(config, configFor(`http://${gitGate.host}/hello.git`, registryGate.host));

  let runtime: Daemon;
  const startRuntime = async () => {
    runtime = await startDaemon({
      name: 'runtime',
      command: process.execPath,
      arguments: [MAIN('local'), '--config', config, '--port', String(port), '--state-dir', join(directory, 'state')],
      logDirectory: directory,
      environment: { PUSH_SECRET: secret },
    });
  };
  await startRuntime();
  const agent = await startDaemon({
    name: 'agent',
    command: process.execPath,
    arguments: [
      ...[MAIN('agent'), '--git-url', `${git.url}/hello.git`, '--git-path', 'k8s', '--git-poll-interval', '1s'],
      ...['--kubeconfig', cluster.kubeconfig, '--state-dir', join(directory, 'agent')],
      ...['--report-function', 'report-apply', '--report-endpoint', `http://127.0.0.1:${port}`],
    ],
    logDirectory: directory,
  });
  return {
    image: `${registryGate.host}/hello`,
    repository,
    pushUrl,
    secret,
    cluster: openCluster(await clusterAccess(cluster.kubeconfig, undefined, TIMEOUT_MILLIS), TIMEOUT_MILLIS),
    push,
    lines: () => [...linesOf(runtime), ...linesOf(agent)],
    registryGate,
    gitGate,
    killRuntime: () => runtime.kill(),
    startRuntime,
    waitingMessages() {
      const store = new DatabaseSync(join(directory, 'state', 'queues.db'), { readOnly: true });
      const row = store
        .prepare("SELECT COUNT(*) AS count FROM messages WHERE queue IN ('pushes', 'updates.fifo')")
        .get();
      store.close();
      return Number(row?.['count']);
    },
    async stop() {
      await Promise.all([runtime.stop(), agent.stop()]);
      await Promise.all([registryGate.stop(), gitGate.stop()]);
      await Promise.all([registry.stop(), git.stop(), cluster.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The lines that a process has written whole. */
function linesOf(daemon: Daemon): readonly Line[] {
  return daemon
    .log()
    .split('\n')
    .flatMap((line) => {
      try {
        const parsed: Line = JSON.parse(line);
        return [parsed];
      } catch {
        return line === '' ? [] : [{ message: line }];
      }
    });
}
