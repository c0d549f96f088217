import { mkdir, mkdtemp, readdir, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, posix, sep } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';
import { tooLarge } from '../../../shared/git/fetch-limit.ts';
import type { Mirror } from '../../../shared/git/mirror.ts';
import { listFilesAndLinks, readBlobs, SYMBOLIC_LINK, type TreeEntry } from '../../../shared/git/tree.ts';

/** The files of a commit on disk. */
export interface Checkout {
  readonly directory: string;
  /** Symbolic links that lead nowhere inside the repository, and are not there. */
  readonly left: readonly string[];
  /** Removes it. */
  readonly dispose: () => Promise<void>;
}

export interface CheckoutOptions {
  /** Where checkouts are made; each has a folder of its own. */
  readonly home: string;
  /** For errors: `repository https://…`. */
  readonly subject: string;
  readonly maxBytes: number;
}

/** So much of the files is held in memory at once. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_FILES = 500;
/** What another machine left behind; whether its process lives cannot be told. */
const STRANGER_AGE_MILLIS = 3_600_000;

/**
 * Writes a commit's files as they are in Git: no filter or conversion that the repository asks for is run. Submodules
 * are left out, and links whose end is not inside.
 *
 * @throws SluiceError `git-too-large`, or `git-refused` for a name that leads out of the directory
 */
export async function checkOut(
  mirror: Mirror,
  commit: string,
  { home, subject, maxBytes }: CheckoutOptions,
): Promise<Checkout> {
  const entries = await listFilesAndLinks(mirror, commit, ['']);
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
    await writeFiles(
      mirror,
      directory,
      entries.filter(({ mode }) => mode !== SYMBOLIC_LINK),
    );
    // After all files and folders, so that nothing is written through a link.
    const links = entries.filter(({ mode }) => mode === SYMBOLIC_LINK);
    return { directory, left: await writeLinks(mirror, directory, links), dispose };
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
    return true;
  } catch {
    return false;
  }
}

/** Whoever still reads it finds nothing, rather than a part. */
async function remove(directory: string): Promise<void> {
  const away = join(dirname(directory), `.${basename(directory).replace(/^\./, '')}`);
  await rename(directory, away).catch(() => {});
  await rm(away, { recursive: true, force: true });
}

async function makeFolders(directory: string, entries: readonly TreeEntry[]): Promise<void> {
  const folders = new Set(entries.map(({ path }) => dirname(join(directory, path))));
  await Promise.all([...folders].map(async (folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
}

async function writeFiles(mirror: Mirror, directory: string, files: readonly TreeEntry[]): Promise<void> {
  for (const batch of batches(files)) {
    const contents = await readContents(mirror, batch);
    await Promise.all(
      batch.map(async ({ path }, index) => writeFile(join(directory, path), contents[index] ?? '', { mode: 0o600 })),
    );
  }
}

/** Makes the links that end inside, by their text and on disk: another link may be on the way. */
async function writeLinks(mirror: Mirror, directory: string, links: readonly TreeEntry[]): Promise<readonly string[]> {
  const targets = (await readContents(mirror, links)).map((content) => content.toString('utf8'));
  const made: string[] = [];
  for (const [index, { path }] of links.entries()) {
    const target = targets[index] ?? '';
    const end = posix.join(posix.dirname(path), target);
    if (
      target !== '' &&
      !target.includes('\0') &&
      !posix.isAbsolute(target) &&
      end !== '..' &&
      !end.startsWith('../')
    ) {
      await symlink(target, join(directory, path));
      made.push(path);
    }
  }
  const root = await realpath(directory);
  const kept = new Set<string>();
  for (const path of made) {
    const end = await realpath(join(directory, path)).catch(() => '');
    if (end === root || end.startsWith(`${root}${sep}`)) {
      kept.add(path);
    }
  }
  const left = links.map(({ path }) => path).filter((path) => !kept.has(path));
  await Promise.all(left.map(async (path) => rm(join(directory, path), { force: true })));
  return left;
}

async function readContents(mirror: Mirror, entries: readonly TreeEntry[]): Promise<readonly Buffer[]> {
  return readBlobs(
    mirror,
    entries.map(({ blob }) => blob),
  );
}

function* batches(files: readonly TreeEntry[]): Generator<readonly TreeEntry[]> {
  let batch: TreeEntry[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (batch.length === BATCH_FILES || bytes + file.bytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.bytes;
  }
  yield batch;
}

/** Git refuses to make such names, but a host need not be Git. */
function isSafe(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
}
