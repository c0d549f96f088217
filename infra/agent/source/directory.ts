import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { isSluiceError, messageOf, SluiceError } from '../../../shared/errors.ts';
import { runGit } from '../../../shared/git/run-git.ts';
import type { Source } from './source.ts';

const GIT_TIMEOUT_MILLIS = 20_000;

/** A directory in the place of a repository: it is at whatever it holds now. */
export function openDirectory(directory: string): Source {
  return {
    async head() {
      const revision = await revisionOf(directory);
      return { head: revision, commit: revision, problems: [] };
    },
    checkout: async () => ({ directory, left: [], dispose: async () => {} }),
  };
}

/**
 * What a directory stands at: the commit of the working tree that it is in, with `-dirty` where files differ from it;
 * elsewhere `sha256:` and the hash of its files.
 *
 * @throws SluiceError `config-invalid` where there is no such directory
 */
export async function revisionOf(directory: string): Promise<string> {
  const found = await stat(directory).then(
    (one) => (one.isDirectory() ? undefined : 'a file'),
    (error: unknown) => messageOf(error),
  );
  if (found !== undefined) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: directory,
      expected: 'a directory',
      found,
      next: 'Check --dir.',
    });
  }
  const path = await realpath(directory);
  return (await commitOf(path)) ?? (await hashOf(path));
}

/** Undefined outside of a working tree, and in one without commits. */
async function commitOf(directory: string): Promise<string | undefined> {
  const top = await topOf(directory);
  if (top === undefined) {
    return undefined;
  }
  try {
    const told = await runGit({
      arguments: ['-c', 'core.fsmonitor=false', 'describe', '--always', '--abbrev=40', '--exclude=*', '--dirty'],
      directory: top,
      environment: { GIT_DIR: join(top, '.git'), GIT_WORK_TREE: top },
      timeoutMillis: GIT_TIMEOUT_MILLIS,
      subject: `working tree ${top}`,
    });
    return told.toString('utf8').trim();
  } catch (error) {
    if (isSluiceError(error)) {
      return undefined;
    }
    throw error;
  }
}

/** The nearest folder, from this one upwards, with a `.git`; in a linked working tree that is a file. */
async function topOf(directory: string): Promise<string | undefined> {
  const isTop = await stat(join(directory, '.git')).then(
    () => true,
    () => false,
  );
  if (isTop) {
    return directory;
  }
  const above = dirname(directory);
  return above === directory ? undefined : topOf(above);
}

async function hashOf(directory: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((file) => !file.split(sep).includes('.git'));
  for (const file of files.toSorted()) {
    const content = await readFile(join(directory, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}
