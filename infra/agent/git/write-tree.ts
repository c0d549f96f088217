import { mkdir, open, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix, sep } from 'node:path';
import type { LeftOutFile } from '../render/left-out.ts';
import type { Mirror } from './mirror.ts';
import { copyBlob, readBlobs, type TreeEntry } from './tree.ts';

/** So much of the files is held in memory at once. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_FILES = 500;
/** For this process alone, and never a program. */
const FILE_MODE = 0o600;
/** Linux takes no longer path: https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const MAX_LINK_BYTES = 4096;

/** What a file system says of a name that it cannot have; it says other things of itself. */
const NAME_REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'its name stands twice, or differs from another in case only',
  EISDIR: 'its name stands for a folder too',
  ENOTDIR: 'its folder stands for a file too',
  ENAMETOOLONG: 'its name is too long',
  EILSEQ: 'its name cannot be written',
  EINVAL: 'its name cannot be written',
};
const LEADS_OUT = 'it is a symbolic link that leads out of the repository';
const LEADS_NOWHERE = 'it is a symbolic link to nothing in the repository';

/** Undefined where it was done; a fault of the file system itself is thrown. */
async function tryName(path: string, isFile: boolean, work: () => Promise<unknown>): Promise<LeftOutFile | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const reason = NAME_REASONS[error instanceof Error && 'code' in error ? String(error.code) : ''];
    if (reason === undefined) {
      throw error;
    }
    return { path, reason, isFile };
  }
}

/** Makes the folders that these files are in. */
export async function makeFolders(directory: string, entries: readonly TreeEntry[]): Promise<void> {
  const folders = new Set(entries.map(({ path }) => dirname(path)));
  // What goes into one that cannot be made is missed when it is written.
  const make = async (folder: string) =>
    tryName(folder, false, async () => mkdir(join(directory, folder), { recursive: true, mode: 0o700 }));
  await Promise.all([...folders].map(make));
}

/** Writes the contents of files; names those that the file system cannot have. */
export async function writeFiles(
  mirror: Mirror,
  directory: string,
  files: readonly TreeEntry[],
): Promise<readonly LeftOutFile[]> {
  const left: (LeftOutFile | undefined)[] = [];
  const isLarge = ({ bytes }: TreeEntry) => bytes > BATCH_BYTES;
  for (const { blob, bytes, path } of files.filter(isLarge)) {
    left.push(
      await tryName(path, true, async () => {
        await using file = await open(join(directory, path), 'wx', FILE_MODE);
        await copyBlob(mirror, blob, bytes, file);
      }),
    );
  }
  for (const batch of batches(files.filter((file) => !isLarge(file)))) {
    const contents = await readContents(mirror, batch);
    const written = batch.map(({ path }, index) => ({ path, content: contents[index] ?? '' }));
    const write = async ({ path, content }: (typeof written)[number]) =>
      tryName(path, true, async () =>
        // Never over another: that one would be gone without a word.
        writeFile(join(directory, path), content, { mode: FILE_MODE, flag: 'wx' }),
      );
    // Of one name the first in Git is written, whichever of two writes at once the system would do first.
    const [firsts, others] = partitionByName(written);
    left.push(...(await Promise.all(firsts.map(write))));
    left.push(...(await Promise.all(others.map(write))));
  }
  return left.filter((one) => one !== undefined);
}

/** The first of each name, and those that a file system may take for one of them. */
function partitionByName<T extends { readonly path: string }>(
  files: readonly T[],
): readonly [readonly T[], readonly T[]] {
  const firsts = new Map<string, T>();
  for (const file of files) {
    const name = file.path.normalize('NFC').toLowerCase();
    firsts.set(name, firsts.get(name) ?? file);
  }
  const isFirst = new Set(firsts.values());
  return [[...isFirst], files.filter((file) => !isFirst.has(file))];
}

/** Makes the links that end inside, by their text and on disk: another link may be on the way. */
export async function writeLinks(
  mirror: Mirror,
  directory: string,
  links: readonly TreeEntry[],
): Promise<readonly LeftOutFile[]> {
  const left: LeftOutFile[] = links
    .filter(({ bytes }) => bytes > MAX_LINK_BYTES)
    .map(({ path }) => ({ path, reason: LEADS_NOWHERE, isFile: false }));
  const made: string[] = [];
  const short = links.filter(({ bytes }) => bytes <= MAX_LINK_BYTES);
  for (const batch of batches(short)) {
    const contents = await readContents(mirror, batch);
    for (const [index, { path }] of batch.entries()) {
      const target = contents[index]?.toString('utf8') ?? '';
      const fault = leadsInside(path, target)
        ? await tryName(path, false, async () => symlink(target, join(directory, path)))
        : { path, reason: LEADS_OUT, isFile: false };
      if (fault === undefined) {
        made.push(path);
      } else {
        left.push(fault);
      }
    }
  }
  const root = await realpath(directory);
  for (const path of made) {
    const end = await realpath(join(directory, path)).catch(() => undefined);
    if (end === undefined || !(end === root || end.startsWith(`${root}${sep}`))) {
      left.push({ path, reason: end === undefined ? LEADS_NOWHERE : LEADS_OUT, isFile: false });
    }
  }
  // When all are looked at: one that leads nowhere may be on the way of another.
  const stray = new Set(left.map(({ path }) => path));
  const gone = made.filter((path) => stray.has(path));
  await Promise.all(gone.map(async (path) => rm(join(directory, path), { force: true })));
  return left;
}

function leadsInside(path: string, target: string): boolean {
  const end = posix.join(posix.dirname(path), target);
  return target !== '' && !target.includes('\0') && !posix.isAbsolute(target) && end !== '..' && !end.startsWith('../');
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
  if (batch.length > 0) {
    yield batch;
  }
}
