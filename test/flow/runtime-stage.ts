import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { startGitServer } from '../../infra/local/git-server/server.ts';
import { type Daemon, startDaemon } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';
import { makeImage, pushImage } from '../cluster/images.ts';
import { startDockerRegistry } from '../cluster/registry.ts';
import { type Gate, startGate } from './gate.ts';
import { configFor, createHello } from './repository.ts';
import { type Line, readLine, type Stage } from './stage.ts';

/** The stage of real parts up to the commit, and ways to break the runtime. */
export interface RuntimeStage extends Omit<Stage, 'cluster'> {
  /** For whoever adds parts: gone after `stop`. */
  readonly directory: string;
  /** `http://127.0.0.1:PORT/hello.git`, past the gate. */
  readonly repositoryUrl: string;
  readonly runtimeUrl: string;
  /** Between the runtime and the registry, and between the runtime and Git. */
  readonly registryGate: Gate;
  readonly gitGate: Gate;
  /** Ends the runtime by SIGKILL. */
  killRuntime(): Promise<void>;
  startRuntime(): Promise<void>;
  /** How many messages are in the queues between the functions. */
  waitingMessages(): number;
}

const SECRET = 'a secret of the flow test';

/** The file that starts a part of Sluice. */
export function mainOf(part: 'agent' | 'local'): string {
  return fileURLToPath(new URL(`../../infra/${part}/main.ts`, import.meta.url));
}

/** Debian's registry and git http-backend, with the runtime as a process of its own. */
export async function openRuntimeStage(): Promise<RuntimeStage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-flow-'));
  const port = await freePort();
  const runtimeUrl = `http://127.0.0.1:${port}`;
  const pushUrl = `${runtimeUrl}/push/distribution`;
  const registry = await startDockerRegistry({
    notify: [{ url: pushUrl, headers: { authorization: `Bearer ${SECRET}` } }],
  });
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
      arguments: [mainOf('local'), '--config', config, '--port', String(port), '--state-dir', join(directory, 'state')],
      logDirectory: directory,
      environment: { PUSH_SECRET: SECRET },
    });
  };
  await startRuntime();
  return {
    directory,
    repositoryUrl: `${git.url}/hello.git`,
    runtimeUrl,
    image: `${registryGate.host}/hello`,
    repository,
    pushUrl,
    secret: SECRET,
    push,
    lines: () => linesOf(runtime),
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
      await runtime.stop();
      await Promise.all([registryGate.stop(), gitGate.stop()]);
      await Promise.all([registry.stop(), git.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The lines that a process has written whole. */
export function linesOf(daemon: Daemon): readonly Line[] {
  return daemon
    .log()
    .split('\n')
    .filter((line) => line !== '')
    .map(readLine);
}
