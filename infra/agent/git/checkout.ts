import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';
import type { LeftOutFile } from '../render/left-out.ts';
import { tooLarge } from './fetch-limit.ts';
import type { Mirror } from './mirror.ts';
import { listRevision, SYMBOLIC_LINK, type TreeEntry, type UnreadableEntry } from './tree.ts';
import { makeFolders, writeFiles, writeLinks } from './write-tree.ts';

/** The files of a commit on disk. */
export interface Checkout {
  readonly directory: string;
  /** What the commit has and the directory has not. */
  readonly left: readonly LeftOutFile[];
  /** Removes it. */
  readonly dispose: () => Promise<void>;
}

export interface CheckoutOptions {
  /** Where checkouts are made; each has a folder of its own. */
  readonly home: string;
  /** For errors: `repository https://…`. */
  readonly subject: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** What another machine left behind; whether its process lives cannot be told. */
const STRANGER_AGE_MILLIS = 3_600_000;

/**
 * Writes a commit's files as they are in Git: no filter or conversion that the repository asks for is run. What
 * cannot be written is named in `left`: submodules, links whose end is not inside, names that are not UTF-8 or that the
 * file system cannot have.
 *
 * @throws SluiceError `git-too-large`, or `git-refused` for a name that leads out of the directory
 */
export async function checkOut(
  mirror: Mirror,
  commit: string,
  { home, subject, maxBytes, maxFiles }: CheckoutOptions,
): Promise<Checkout> {
  const { entries, unreadable } = await listRevision(mirror, commit, [''], maxFiles);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > maxBytes) {
    throw tooLarge(`${subject}, commit ${commit}`, total, maxBytes);
  }
  const unsafe = entries.find(({ path }) => !isSafe(path));
  if (unsafe !== undefined) {
    const found = JSON.stringify(unsafe.path);
    throw new SluiceError({ code: 'git-refused', subject, expected: 'names of files below its root', found });
  }
  await mkdir(home, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(home, `${hostname()}.${process.pid}.`));
  const dispose = async () => remove(directory);
  try {
    await makeFolders(directory, entries);
    const isLink = ({ mode }: TreeEntry) => mode === SYMBOLIC_LINK;
    const unwritten = await writeFiles(
      mirror,
      directory,
      entries.filter((entry) => !isLink(entry)),
    );
    // After all files and folders, so that nothing is written through a link.
    const unlinked = await writeLinks(mirror, directory, entries.filter(isLink));
    return { directory, left: [...unreadable.map(leftOut), ...unwritten, ...unlinked], dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Removes the checkouts of processes that were killed. */
export async function removeLeftCheckouts(home: string): Promise<void> {
  for (const name of await readdir(home).catch(() => [])) {
    const directory = join(home, name);
    if (await isLeft(directory, name)) {
      await remove(directory);
    }
  }
}

async function isLeft(directory: string, name: string): Promise<boolean> {
  if (name.startsWith('.')) {
    // It was being removed.
    return true;
  }
  const own = `${hostname()}.`;
  if (name.startsWith(own)) {
    const pid = Number.parseInt(name.slice(own.length), 10);
    // In a container it is the same number after each start; this process has made none yet.
    return pid === process.pid || !isAlive(pid);
  }
  const { mtimeMs } = await stat(directory).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > STRANGER_AGE_MILLIS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // A thread answers to its number too, and after a start in a container it may have that of the process before.
    return readFileSync(`/proc/${pid}/status`, 'utf8').includes(`\nTgid:\t${pid}\n`);
  } catch {
    // Not every system has such files.
    return true;
  }
}

/** Whoever still reads it finds nothing, rather than a part. */
async function remove(directory: string): Promise<void> {
  const away = join(dirname(directory), `.${basename(directory).replace(/^\./, '')}`);
  await rename(directory, away).catch(() => {});
  await rm(away, { recursive: true, force: true });
}

function leftOut({ path, isSubmodule }: UnreadableEntry): LeftOutFile {
  const reason = isSubmodule ? 'it is a submodule, and those are not fetched' : 'its name is not UTF-8';
  return { path, reason, isFile: !isSubmodule };
}

/** Git refuses to make such names, but a host need not be Git. */
function isSafe(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
}
