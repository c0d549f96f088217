import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitServer, GitUser } from '../../infra/demo/git-server/server.ts';
import { startDaemon, waitFor } from './daemon.ts';
import { freePort } from './free-port.ts';
import { jgitServerCommand } from './installed-parts.ts';
import { makeSshKey } from './sshd.ts';

const START_TIMEOUT_MILLIS = 60_000;

export interface JgitServerOptions {
  /** Holds the bare repositories. */
  readonly directory: string;
  /** Those of HTTP. */
  readonly users?: readonly GitUser[];
  /** Public keys that may fetch and push over SSH. */
  readonly authorizedKeys?: readonly string[];
  /** Public keys that may only fetch. */
  readonly readOnlyKeys?: readonly string[];
}

export interface JgitServer extends GitServer {
  /** `ssh://git@127.0.0.1:PORT` */
  readonly sshUrl: string;
  /** The line for a known_hosts file. */
  readonly knownHosts: string;
}

/** Serves bare repositories by JGit on free loopback ports, as Gerrit and its like do; resolves when it answers. */
export async function startJgitServer(options: JgitServerOptions): Promise<JgitServer> {
  const own = mkdtempSync(join(tmpdir(), 'sluice-jgit-'));
  const hostKey = await makeSshKey(own, 'host-key');
  writeUsers(own, options);
  const [port, sshPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const { command, arguments: first, environment } = jgitServerCommand();
  const daemon = await startDaemon({
    name: 'jgit',
    command,
    arguments: [...first, options.directory, own, String(port), String(sshPort)],
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
  const knownHosts = `[127.0.0.1]:${sshPort} ${hostKey.publicKey}`;
  return { url, sshUrl: `ssh://git@127.0.0.1:${sshPort}`, knownHosts, stop };
}

function writeUsers(
  directory: string,
  { users = [], authorizedKeys = [], readOnlyKeys = [] }: JgitServerOptions,
): void {
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(join(directory, name), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  const roleOf = ({ write: mayWrite }: GitUser) => (mayWrite ? 'write' : 'read');
  write(
    'users',
    users.map((user) => `${user.name}\t${user.password}\t${roleOf(user)}`),
  );
  write('writers', authorizedKeys);
  write('readers', readOnlyKeys);
}
