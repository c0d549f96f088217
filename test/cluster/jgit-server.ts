import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitServer, GitUser } from '../../infra/local/git-server/server.ts';
import { startDaemon, waitFor } from './daemon.ts';
import { freePort } from './free-port.ts';
import { jgitServerCommand } from './installed-parts.ts';

const START_TIMEOUT_MILLIS = 60_000;

export interface JgitServerOptions {
  /** Holds the bare repositories. */
  readonly directory: string;
  readonly users: readonly GitUser[];
}

/** Serves bare repositories by JGit's servlet on a free loopback port, as Gerrit and its like do; resolves when it answers. */
export async function startJgitServer({ directory, users }: JgitServerOptions): Promise<GitServer> {
  const own = mkdtempSync(join(tmpdir(), 'sluice-jgit-'));
  const usersFile = join(own, 'users');
  const lines = users.map(({ name, password, write }) => `${name}\t${password}\t${write ? 'write' : 'read'}\n`);
  writeFileSync(usersFile, lines.join(''), { mode: 0o600 });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { command, arguments: first, environment } = jgitServerCommand();
  const daemon = await startDaemon({
    name: 'jgit',
    command,
    arguments: [...first, directory, String(port), usersFile],
    // JGit keeps settings of its own below the home directory.
    environment: { ...environment, XDG_CONFIG_HOME: own, GIT_CONFIG_NOSYSTEM: '1' },
    logDirectory: own,
  });
  const stop = async () => {
    await daemon.stop(1000);
    rmSync(own, { recursive: true, force: true });
  };
  const answers = async () => (await fetch(url)).status > 0;
  await waitFor('jgit', answers, { timeoutMillis: START_TIMEOUT_MILLIS, daemons: [daemon] }).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url, stop };
}
