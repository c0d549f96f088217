import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** An SSH key pair that opens a repository. */
export interface DeployKey {
  readonly privateKeyFile: string;
  /** One line, as hosts take it: `ssh-ed25519 … sluice`. */
  readonly publicKey: string;
}

const NAME = 'id_ed25519';

/** The key of a directory; made there the first time, readable by this user alone. */
export async function deployKey(directory: string, comment: string): Promise<DeployKey> {
  const privateKeyFile = join(directory, NAME);
  const publicKey = await readPublicKey(privateKeyFile);
  if (publicKey !== undefined) {
    return { privateKeyFile, publicKey };
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', privateKeyFile]);
  return { privateKeyFile, publicKey: (await readPublicKey(privateKeyFile)) ?? '' };
}

async function readPublicKey(privateKeyFile: string): Promise<string | undefined> {
  try {
    return (await readFile(`${privateKeyFile}.pub`, 'utf8')).trim();
  } catch {
    return undefined;
  }
}
