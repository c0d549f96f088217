import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorDetails, messageOf, SluiceError } from '../../../shared/errors.ts';
import { type SshServer, sshServer } from '../../../shared/git/address.ts';
import { type GitCredentials, readCredentials } from '../../../shared/git/credentials.ts';
import type { SourceSettings } from '../settings/source-settings.ts';

export interface CredentialPlaces {
  /** Where a key and known hosts are put for ssh. */
  readonly directory: string;
  /** Holds `known_hosts` where the settings name no such file. */
  readonly stateDir: string;
  /** The agent's own private key. */
  readonly ownKey: () => Promise<string>;
}

/** A line of known_hosts with a key. */
export const HOST_KEY = /^[^#\s].*\s(ssh|ecdsa|sk)-/m;

/**
 * Reads what opens a source, anew at each call: files may have been renewed.
 *
 * @throws SluiceError `secret-unavailable` for a file that cannot be read, `config-invalid` for SSH without known hosts
 */
export async function sourceCredentials(
  { url, credentials: { tokenFile, sshKeyFile }, knownHosts }: SourceSettings,
  { directory, stateDir, ownKey }: CredentialPlaces,
): Promise<GitCredentials> {
  if (tokenFile !== undefined) {
    return readCredentials(await read(tokenFile, 'a token', '--git-token-file'), undefined, directory);
  }
  const server = sshServer(url);
  if (server === undefined) {
    return { kind: 'none' };
  }
  const key = sshKeyFile === undefined ? await ownKey() : await read(sshKeyFile, 'a private key', '--ssh-key');
  const hosts = await readKnownHosts(knownHosts ?? join(stateDir, 'known_hosts'), server);
  return readCredentials(key, hosts, directory);
}

async function readKnownHosts(file: string, server: SshServer): Promise<string> {
  const found = await readFile(file, 'utf8').catch((cause: unknown) => messageOf(cause));
  if (!HOST_KEY.test(found)) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: `known hosts ${file}`,
      expected: `the keys of ${server.host}`,
      found: found.startsWith('ENOENT') ? 'no such file' : found.split('\n', 1)[0] || 'none',
      next: `Run \`${keyscan(server)}\`, check its output against the keys that the host publishes, and put it into the ConfigMap or Secret that --known-hosts names.`,
    });
  }
  return found;
}

/** The command that asks a server for its keys, as a person types it. */
export function keyscan({ host, port }: SshServer): string {
  return `ssh-keyscan ${port === undefined ? '' : `-p ${port} `}${host}`;
}

async function read(file: string, expected: string, flag: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const details: ErrorDetails = {
      code: 'secret-unavailable',
      subject: file,
      expected,
      found: messageOf(cause),
      cause,
    };
    throw new SluiceError({ ...details, next: `Check ${flag}.` });
  }
}
