import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Daemon, startDaemon, waitFor } from './daemon.ts';
import { freePort } from './free-port.ts';
import { debianPath } from './parts.ts';

/** Which repositories are served, and to whose keys. */
export interface SshdOptions {
  /** Directory of bare repositories; `ssh://…/hello.git` is its `hello.git`, and nothing outside it is served. */
  readonly repositories: string;
  /** Public keys (one `ssh-ed25519 AAAA…` line each) that may fetch and push. */
  readonly authorizedKeys: readonly string[];
  /** Public keys that may only fetch, as a read-only deploy key. */
  readonly readOnlyKeys?: readonly string[];
}

/** A running OpenSSH server that serves git and nothing else, as the current user. */
export interface Sshd {
  readonly port: number;
  /** The user to log in as. */
  readonly user: string;
  /** `ssh://USER@127.0.0.1:PORT`, to which `/hello.git` is appended. */
  readonly url: string;
  /** The line for a known_hosts file, `[127.0.0.1]:PORT ssh-ed25519 AAAA…`. */
  readonly knownHosts: string;
  /** Everything that the server logged so far. */
  log(): string;
  /** Ends the server and removes its directory; safe to call twice. */
  stop(): Promise<void>;
}

/** A key pair on disk. */
export interface SshKey {
  readonly privateKeyFile: string;
  /** The line for `authorizedKeys`. */
  readonly publicKey: string;
}

const startTimeoutMillis = 15_000;

/** Makes an Ed25519 key pair without a passphrase in `directory`. */
export async function makeSshKey(directory: string, name: string): Promise<SshKey> {
  const privateKeyFile = join(directory, name);
  const keygen = ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', privateKeyFile];
  await promisify(execFile)(debianPath('ssh-keygen'), keygen);
  return { privateKeyFile, publicKey: readFileSync(`${privateKeyFile}.pub`, 'utf8').trim() };
}

/** Starts sshd on a free loopback port with a host key of its own; resolves when it greets. */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-sshd-'));
  const port = await freePort();
  const user = userInfo().username;
  const hostKey = await makeSshKey(directory, 'host-key');
  // Started as root, sshd confines its unprivileged half to this directory and refuses to start without it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const daemon = await startDaemon({
    name: 'sshd',
    command: debianPath('sshd'),
    arguments: ['-D', '-e', '-f', writeConfiguration(directory, port, user, hostKey, options)],
    logDirectory: directory,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop(1000);
    rmSync(directory, { recursive: true, force: true });
  };
  await greets(port, daemon).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    port,
    user,
    url: `ssh://${user}@127.0.0.1:${port}`,
    knownHosts: `[127.0.0.1]:${port} ${hostKey.publicKey}`,
    log: () => daemon.log(),
    stop,
  };
}

function writeConfiguration(
  directory: string,
  port: number,
  user: string,
  hostKey: SshKey,
  options: SshdOptions,
): string {
  const serve = join(directory, 'serve');
  writeFileSync(serve, serveScript(options.repositories));
  chmodSync(serve, 0o755);
  const keys = join(directory, 'authorized-keys');
  const line = (access: 'write' | 'read') => (key: string) => `restrict,command="${serve} ${access}" ${key.trim()}\n`;
  const lines = [...options.authorizedKeys.map(line('write')), ...(options.readOnlyKeys ?? []).map(line('read'))];
  writeFileSync(keys, lines.join(''), { mode: 0o600 });
  const configuration = join(directory, 'sshd_config');
  const settings = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: hostKey.privateKeyFile,
    AuthorizedKeysFile: keys,
    AllowUsers: user,
    AuthenticationMethods: 'publickey',
    PermitRootLogin: 'prohibit-password',
    // The temporary directory's parent is writable for everyone, which strict modes refuse.
    StrictModes: 'no',
    UsePAM: 'no',
    PidFile: 'none',
    // Protocol version 2 of git is asked for by this variable.
    AcceptEnv: 'GIT_PROTOCOL',
    LogLevel: 'VERBOSE',
  };
  writeFileSync(
    configuration,
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  return configuration;
}

/** git sends `git-upload-pack '/hello.git'`; the path is taken below the served directory, whatever it says. */
function serveScript(repositories: string): string {
  const quoted = `'${repositories.replaceAll("'", "'\\''")}'`;
  return `#!/bin/sh
access=$1
service=\${SSH_ORIGINAL_COMMAND%% *}
path=\${SSH_ORIGINAL_COMMAND#* }
path=\${path#\\'}; path=\${path%\\'}; path=\${path#/}
refuse() { echo "$1" >&2; exit 128; }
case $path in *..*|"") refuse "expected a repository below the served directory, found '$path'";; esac
case $access,$service in
  write,git-receive-pack | write,git-upload-pack | read,git-upload-pack) exec "$service" ${quoted}/"$path" ;;
  read,git-receive-pack) refuse "this key may only fetch" ;;
  *) refuse "expected git-upload-pack or git-receive-pack, found '$service'" ;;
esac
`;
}

function greets(port: number, daemon: Daemon): Promise<string> {
  const banner = () =>
    new Promise<string>((resolve, reject) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.setTimeout(2000, () => socket.destroy(new Error('no greeting within 2 s')));
      socket.once('error', reject);
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString('latin1'));
      });
    });
  return waitFor('sshd greets', banner, { timeoutMillis: startTimeoutMillis, daemons: [daemon] });
}
