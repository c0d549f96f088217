import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GitServer, GitServerOptions } from '../../infra/demo/git-server/server.ts';
import type { Asked, Told } from './process.ts';

const PROCESS = fileURLToPath(new URL('process.ts', import.meta.url));

let child: ChildProcess | undefined;
let count = 0;
const waiting = new Map<number, (told: Told) => void>();

/**
 * The demo's Git server in a small process, one for all of this worker. To start a program Node copies the tables of its
 * memory, which a worker has ten times as much of: it was 5 % of `npm test`.
 */
export async function startGitServerApart(options: GitServerOptions): Promise<GitServer> {
  count += 1;
  const id = count;
  const { url = '' } = await ask({ id, start: options });
  return {
    url,
    stop: async () => {
      await ask({ id });
    },
  };
}

async function ask(asked: Asked): Promise<Told> {
  const server = child ?? startProcess();
  return new Promise((resolve) => {
    waiting.set(asked.id, resolve);
    server.send(asked);
  });
}

function startProcess(): ChildProcess {
  const started = fork(PROCESS, { stdio: 'inherit' });
  started.on('message', (told: Told) => {
    waiting.get(told.id)?.(told);
    waiting.delete(told.id);
  });
  // It ends with the worker, and keeps none alive.
  started.unref();
  started.channel?.unref();
  child = started;
  return started;
}
