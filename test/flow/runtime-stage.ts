import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { type Daemon, startDaemon } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';
import { openRealSources, type RealSources } from './real-sources.ts';
import { configFor } from './repository.ts';
import { type Line, readLine, type Stage } from './stage.ts';

/** The stage of real parts up to the commit, and ways to break the runtime. */
export interface RuntimeStage extends Omit<Stage, 'cluster'>, RealSources {
  /** Of its Invoke, and where the token for it is. */
  readonly invokeUrl: string;
  readonly tokenFile: string;
  /** Ends the runtime by SIGKILL. */
  killRuntime(): Promise<void>;
  startRuntime(): Promise<void>;
  /** How many messages are in the queues between the functions. */
  waitingMessages(): number;
}

/** The file that starts a part of Sluice. */
export function mainOf(part: 'agent' | 'local'): string {
  return fileURLToPath(new URL(`../../infra/${part}/main.ts`, import.meta.url));
}

/** Debian's registry and git http-backend, with the runtime as a process of its own. */
export async function openRuntimeStage(): Promise<RuntimeStage> {
  const [port, invokePort] = [await freePort(), await freePort()];
  const pushUrl = `http://127.0.0.1:${port}/push/distribution`;
  const sources = await openRealSources(pushUrl);
  const { directory, registryGate, gitGate, secret } = sources;
  const config = join(directory, 'sluice.yml');
  writeFileSync(config, configFor(`http://${gitGate.host}/hello.git`, registryGate.host));

  const state = join(directory, 'state');
  let runtime: Daemon;
  const startRuntime = async () => {
    runtime = await startDaemon({
      name: 'runtime',
      command: process.execPath,
      arguments: [
        ...[mainOf('local'), '--config', config, '--state-dir', state],
        ...['--port', String(port), '--invoke-port', String(invokePort)],
      ],
      logDirectory: directory,
      environment: { PUSH_SECRET: secret },
    });
  };
  await startRuntime();
  return {
    ...sources,
    invokeUrl: `http://127.0.0.1:${invokePort}`,
    tokenFile: join(state, 'invoke-token'),
    pushUrl,
    lines: () => linesOf(runtime),
    killRuntime: () => runtime.kill(),
    startRuntime,
    waitingMessages() {
      const store = new DatabaseSync(join(state, 'queues.db'), { readOnly: true });
      const row = store
        .prepare("SELECT COUNT(*) AS count FROM messages WHERE queue IN ('pushes', 'updates.fifo')")
        .get();
      store.close();
      return Number(row?.['count']);
    },
    async stop() {
      await runtime.stop();
      await sources.stop();
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
