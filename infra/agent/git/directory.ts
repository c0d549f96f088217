import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { messageOf, SluiceError } from '../../../shared/errors.ts';
import type { GitSource } from './source.ts';
import { workingTreeCommit } from './working-tree.ts';

/** A directory in the place of a repository: it is at whatever it holds now. */
export function openDirectory(directory: string): GitSource {
  return {
    async head() {
      const revision = await revisionOf(directory);
      return { head: revision, commit: revision, problems: [] };
    },
    checkout: async () => ({ directory, left: [], dispose: async () => {} }),
  };
}

/**
 * What a directory stands at: the commit of the working tree that it is in, with `-dirty` where a file of the directory differs from it;
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
  return (await workingTreeCommit(path)) ?? (await hashOf(path));
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
