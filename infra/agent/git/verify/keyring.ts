import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, SluiceError } from '../../../../shared/errors.ts';

/** The keys that commits may be signed by, as git is told of them. */
export interface Keyring {
  /** Another one for other keys. */
  readonly id: string;
  readonly switches: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface KeyFile {
  readonly name: string;
  readonly content: Buffer;
}

const ALLOWED_SIGNERS = 'allowed_signers';
const GPG_KEYS: ReadonlySet<string> = new Set(['.asc', '.gpg']);
const TIMEOUT_MILLIS = 20_000;

/**
 * The keys of a folder: GPG public keys in `*.asc` and `*.gpg`, SSH ones in `allowed_signers`. They are read at each
 * call, as they may have been changed, and kept in `home` as git needs them.
 *
 * @see https://man.openbsd.org/ssh-keygen#ALLOWED_SIGNERS
 * @throws SluiceError `config-invalid` for a folder without keys, a key that cannot be read, or a program that is missing
 */
export async function openKeyring(folder: string, home: string): Promise<Keyring> {
  const files = await readKeys(folder);
  const gpgKeys = files.filter(({ name }) => GPG_KEYS.has(extname(name)));
  const signers = files.find(({ name }) => name === ALLOWED_SIGNERS);
  if (gpgKeys.length === 0 && signers === undefined) {
    throw invalid(
      folder,
      `*.asc, *.gpg or ${ALLOWED_SIGNERS}`,
      'none of them',
      'Put the public keys of those who may sign there.',
    );
  }
  const directory = join(home, `keys-${digestOf(files)}`);
  if (!existsSync(directory)) {
    await mkdir(home, { recursive: true, mode: 0o700 });
    const fresh = await mkdtemp(join(home, 'new-keys-'));
    try {
      await writeFile(join(fresh, ALLOWED_SIGNERS), signers?.content ?? '');
      // Whoever is in the folder is trusted.
      await writeFile(join(fresh, 'gpg.conf'), 'trust-model always\n');
      if (signers !== undefined) {
        await requireProgram('ssh-keygen', 'openssh-client', folder);
      }
      for (const key of gpgKeys) {
        await importKey(key, folder, fresh);
      }
      await rename(fresh, directory);
    } finally {
      await removeOthers(home, directory);
    }
  }
  return {
    id: directory,
    switches: ['-c', `gpg.ssh.allowedSignersFile=${join(directory, ALLOWED_SIGNERS)}`],
    environment: { GNUPGHOME: directory },
  };
}

async function readKeys(folder: string): Promise<readonly KeyFile[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name === ALLOWED_SIGNERS || GPG_KEYS.has(extname(name)));
    return await Promise.all(
      names.toSorted().map(async (name) => ({ name, content: await readFile(join(folder, name)) })),
    );
  } catch (cause) {
    throw invalid(folder, 'a folder with keys', messageOf(cause), 'Check --verify-keys.');
  }
}

async function importKey({ name, content }: KeyFile, folder: string, home: string): Promise<void> {
  const file = join(home, `import${extname(name)}`);
  await writeFile(file, content);
  const options = ['--homedir', home, '--batch', '--quiet', '--no-autostart', '--import', file];
  try {
    await promisify(execFile)('gpg', options, { timeout: TIMEOUT_MILLIS });
  } catch (cause) {
    if (isMissing(cause)) {
      throw missing('gpg', 'gnupg', folder);
    }
    const said = messageOf(cause).split('\n').slice(1).join(' ').trim();
    throw invalid(join(folder, name), 'a public key of GPG', said, 'Export it with `gpg --armor --export KEY`.');
  } finally {
    await rm(file, { force: true });
  }
}

async function requireProgram(program: string, debianPackage: string, folder: string): Promise<void> {
  await promisify(execFile)(program, ['-?'], { timeout: TIMEOUT_MILLIS }).catch((cause: unknown) => {
    if (isMissing(cause)) {
      throw missing(program, debianPackage, folder);
    }
  });
}

function missing(program: string, debianPackage: string, folder: string): SluiceError {
  return invalid(
    folder,
    `${program}, which checks signatures by these keys`,
    'no such program',
    `Install ${debianPackage}.`,
  );
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

/** Those of keys that have changed, and what a killed process left. */
async function removeOthers(home: string, kept: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (/^(new-)?keys-/.test(name) && join(home, name) !== kept) {
      await rm(join(home, name), { recursive: true, force: true });
    }
  }
}

function digestOf(files: readonly KeyFile[]): string {
  const hash = createHash('sha256');
  for (const { name, content } of files) {
    hash.update(`${name} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

function invalid(subject: string, expected: string, found: string, next: string): SluiceError {
  return new SluiceError({ code: 'config-invalid', subject: `keys ${subject}`, expected, found, next });
}
