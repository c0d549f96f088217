import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import { runGit } from '../../../shared/git/run-git.ts';
import type { Mirror } from './mirror.ts';
import { listRevision, SYMBOLIC_LINK, type TreeEntry } from './tree.ts';

const GIT_TIMEOUT_MILLIS = 20_000;
const EXECUTABLE = '100755';
const OWNER_EXECUTES = 0o100;

/**
 * The commit of the working tree that a directory is in, with `-dirty` where a file of it below the directory is
 * another; undefined outside of a working tree, and in one without commits.
 *
 * Whoever wrote the tree wrote its `.git/config` too. So git only reads objects, and never looks at the tree itself:
 * then it would run the filters and the monitor that the configuration names, of submodules as well. Files are compared
 * as they are; what a filter would make of them is another file.
 */
export async function workingTreeCommit(directory: string): Promise<string | undefined> {
  const top = await topOf(directory);
  if (top === undefined) {
    return undefined;
  }
  const repository = readerOf(top);
  try {
    const said = await repository.local(['rev-parse', '--verify', 'HEAD^{commit}']);
    const commit = said.toString('utf8').trim();
    const { entries } = await listRevision(repository, commit, [relative(top, directory).split(sep).join('/')]);
    return (await isSame(top, entries, commit)) ? commit : `${commit}-dirty`;
  } catch (error) {
    if (isSluiceError(error)) {
      return undefined;
    }
    throw error;
  }
}

function readerOf(top: string): Pick<Mirror, 'local' | 'damaged'> {
  const subject = `working tree ${top}`;
  const environment = { GIT_DIR: join(top, '.git') };
  return {
    local: async (command) =>
      runGit({ arguments: command, directory: top, environment, timeoutMillis: GIT_TIMEOUT_MILLIS, subject }),
    damaged: async (found) => new SluiceError({ code: 'git-unavailable', subject, found }),
  };
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

async function isSame(top: string, entries: readonly TreeEntry[], commit: string): Promise<boolean> {
  const algorithm = commit.length === 40 ? 'sha1' : 'sha256';
  for (const entry of entries) {
    const found = await hashOf(join(top, entry.path), entry, algorithm).catch(() => undefined);
    if (found !== entry.blob) {
      return false;
    }
  }
  return true;
}

/** The hash that Git would give the file; undefined where its kind or size already differs. */
async function hashOf(file: string, { mode, bytes }: TreeEntry, algorithm: string): Promise<string | undefined> {
  const found = await lstat(file);
  const hash = createHash(algorithm).update(`blob ${bytes}\0`);
  if (mode === SYMBOLIC_LINK) {
    return found.isSymbolicLink() ? hash.update(await readlink(file, 'buffer')).digest('hex') : undefined;
  }
  const isExecutable = (found.mode & OWNER_EXECUTES) !== 0;
  if (!found.isFile() || found.size !== bytes || isExecutable !== (mode === EXECUTABLE)) {
    return undefined;
  }
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(piece);
  }
  return hash.digest('hex');
}
