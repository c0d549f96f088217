import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors.ts';
import { withoutUser } from './address.ts';

/** What opens a repository. */
export type GitCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'ssh'; readonly privateKeyFile: string; readonly knownHostsFile: string };

/**
 * The environment that makes git use them; nothing of it shows in a list of processes.
 *
 * @throws SluiceError `config-invalid` where they do not fit the URL
 */
export function credentialEnvironment(url: string, credentials: GitCredentials): Readonly<Record<string, string>> {
  if (credentials.kind === 'basic') {
    if (!/^https?:/.test(url)) {
      throw new SluiceError({
        code: 'config-invalid',
        subject: `repository ${withoutUser(url)}`,
        expected: 'an SSH key, or an http(s) url',
        found: 'a password or token',
        next: 'A password opens repositories over HTTP only.',
      });
    }
    const token = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
    return {
      GIT_CONFIG_COUNT: '1',
      // Bound to the origin: not sent to any other.
      GIT_CONFIG_KEY_0: `http.${new URL(url).origin}.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${token}`,
    };
  }
  if (credentials.kind === 'ssh') {
    const options = [
      `-i ${quote(credentials.privateKeyFile)}`,
      // Quoted twice: for the shell, and for ssh, which takes a space for the next file.
      `-o ${quote(`UserKnownHostsFile="${credentials.knownHostsFile}"`)}`,
      '-o StrictHostKeyChecking=yes',
      '-o IdentitiesOnly=yes',
      '-o BatchMode=yes',
      '-F none',
    ];
    return { GIT_SSH_COMMAND: `ssh ${options.join(' ')}` };
  }
  return { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes' };
}

/**
 * Reads the text of a secret as credentials: an OpenSSH private key, `user:password`, or a token.
 *
 * @param directory where a private key is kept for ssh, readable by this user alone
 * @throws SluiceError `config-invalid` for a key without known hosts: whom we speak to is never trusted blindly
 */
export async function readCredentials(
  secret: string | undefined,
  knownHosts: string | undefined,
  directory: string,
): Promise<GitCredentials> {
  if (secret === undefined) {
    return { kind: 'none' };
  }
  if (!secret.includes('PRIVATE KEY-----')) {
    const colon = secret.indexOf(':');
    // Hosts that take a token as a password take any name beside it; GitLab documents oauth2, GitHub x-access-token.
    return colon < 0
      ? { kind: 'basic', username: 'oauth2', password: secret }
      : { kind: 'basic', username: secret.slice(0, colon), password: secret.slice(colon + 1) };
  }
  if (knownHosts === undefined) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: 'credentials',
      expected: 'knownHosts beside an SSH key',
      found: 'none',
      next: 'Put the output of `ssh-keyscan HOST`, once checked, where knownHosts points.',
    });
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const privateKeyFile = join(directory, 'id');
  const knownHostsFile = join(directory, 'known_hosts');
  await writeFile(privateKeyFile, `${secret.trim()}\n`, { mode: 0o600 });
  await writeFile(knownHostsFile, `${knownHosts.trim()}\n`, { mode: 0o600 });
  return { kind: 'ssh', privateKeyFile, knownHostsFile };
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
