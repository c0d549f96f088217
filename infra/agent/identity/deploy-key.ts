import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, SluiceError } from '../../../shared/errors.ts';

/** An SSH key pair that opens a repository. */
export interface DeployKey {
  readonly privateKeyFile: string;
  /** One line, as hosts take it: `ssh-ed25519 … sluice`. */
  readonly publicKey: string;
}

const NAME = 'id_ed25519';
const TIMEOUT_MILLIS = 10_000;

/**
 * The key of a directory; made there the first time, readable by this user alone.
 *
 * @throws SluiceError `secret-unavailable` where `ssh-keygen` is not installed, or the key is not readable
 */
export async function deployKey(directory: string, comment: string): Promise<DeployKey> {
  const privateKeyFile = join(directory, NAME);
  if (!existsSync(privateKeyFile)) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await keygen(['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', privateKeyFile]);
  }
  return { privateKeyFile, publicKey: await publicKeyOf(privateKeyFile) };
}

/** Asked of the private key: the public file may be missing, or another's. @throws SluiceError `secret-unavailable` */
export async function publicKeyOf(privateKeyFile: string): Promise<string> {
  return (await keygen(['-y', '-P', '', '-f', privateKeyFile])).trim();
}

async function keygen(options: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('ssh-keygen', options, { timeout: TIMEOUT_MILLIS });
    return stdout;
  } catch (cause) {
    throw new SluiceError({
      code: 'secret-unavailable',
      subject: `deploy key ${options.at(-1)}`,
      expected: 'an SSH key',
      found: messageOf(cause).split('\n').slice(1).join(' ').trim() || messageOf(cause),
      next: 'ssh-keygen (of openssh-client) must be installed, and the key readable and without a passphrase.',
      cause,
    });
  }
}
