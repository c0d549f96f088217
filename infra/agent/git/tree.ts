import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { SluiceError } from '../../../shared/errors.ts';
import { isRevision } from '../../../shared/git/revision.ts';
import type { Mirror } from './mirror.ts';

/** A file of a revision, or what stands where one could. */
export interface TreeEntry {
  /** `100644`, `100755`; `120000` is a symbolic link. */
  readonly mode: string;
  readonly blob: string;
  readonly bytes: number;
  /** From the root, with `/`. */
  readonly path: string;
}

/** An entry of a revision that has no content here, or no name. */
export interface UnreadableEntry {
  /** From the root, with `/`; in a part that is not UTF-8 each byte of another is `\351`, as git prints it. */
  readonly path: string;
  readonly isSubmodule: boolean;
}

/** All that a revision holds. */
export interface TreeListing {
  /** Regular files and symbolic links. */
  readonly entries: readonly TreeEntry[];
  readonly unreadable: readonly UnreadableEntry[];
}

export const SYMBOLIC_LINK = '120000';
const SUBMODULE = '160000';
const ENTRY = /^(\d+) (\w+) (\w+) +(\S+)$/;
const NUL = 0;
const TAB = 9;
const SLASH = 0x2f;
const FIRST_OF_OTHERS = 0x80;

/**
 * The regular files of a revision at or below these paths; `''` is the root, and no paths hold nothing. A name that is
 * not UTF-8 is left out.
 *
 * @throws SluiceError `git-not-found` where the revision is not in the mirror
 */
export async function listTree(
  mirror: Mirror,
  revision: string,
  paths: readonly string[],
): Promise<readonly TreeEntry[]> {
  const { entries } = await listRevision(mirror, revision, paths);
  return entries.filter(({ mode }) => mode !== SYMBOLIC_LINK);
}

/**
 * The same with symbolic links, and with what stands there and cannot be read.
 *
 * @throws SluiceError `git-too-large` where the revision has more files and links than that
 */
export async function listRevision(
  mirror: Pick<Mirror, 'local' | 'damaged'>,
  revision: string,
  paths: readonly string[],
  maxFiles = Number.POSITIVE_INFINITY,
): Promise<TreeListing> {
  if (!isRevision(revision)) {
    throw new SluiceError({
      code: 'git-not-found',
      subject: 'revision',
      expected: 'the hash of a commit',
      found: JSON.stringify(revision),
    });
  }
  const wanted = paths.map(normalise).filter((path) => path !== '..' && !path.startsWith('../'));
  if (wanted.length === 0) {
    return { entries: [], unreadable: [] };
  }
  const filter = wanted.includes('') ? [] : wanted;
  const command = ['ls-tree', '-r', '-z', '-l', '--full-tree', revision, '--', ...filter];
  let count = 0;
  // A tree that holds one tree ten times, and that another, is a few bytes and names more files than any disk holds.
  const isTooMuch = (piece: Buffer) => {
    count += countOf(piece, NUL);
    return count > maxFiles;
  };
  const output = await mirror.local(command, { isTooMuch }).catch((error: unknown) => {
    throw count > maxFiles ? tooMany(revision, maxFiles) : error;
  });
  const { entries, unreadable } = readListing(output);
  const bad = entries.find(({ bytes }) => Number.isNaN(bytes));
  if (bad !== undefined) {
    // A blob that cannot be read has the size BAD.
    throw await mirror.damaged(`${bad.path} has no content`);
  }
  return { entries, unreadable };
}

function readListing(output: Buffer): TreeListing {
  const entries: TreeEntry[] = [];
  const unreadable: UnreadableEntry[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(NUL, at);
    const tab = output.indexOf(TAB, at);
    const [, mode = '', kind, blob = '', bytes] = ENTRY.exec(output.toString('latin1', at, tab)) ?? [];
    const name = output.subarray(tab + 1, end);
    const isFile = (mode.startsWith('100') || mode === SYMBOLIC_LINK) && kind === 'blob';
    if (isFile && isUtf8(name)) {
      entries.push({ mode, blob, bytes: Number(bytes), path: name.toString('utf8') });
    } else {
      unreadable.push({ path: printName(name), isSubmodule: mode === SUBMODULE });
    }
    at = end + 1;
  }
  return { entries, unreadable };
}

function countOf(piece: Buffer, byte: number): number {
  let count = 0;
  for (let at = piece.indexOf(byte); at !== -1; at = piece.indexOf(byte, at + 1)) {
    count += 1;
  }
  return count;
}

function tooMany(revision: string, maxFiles: number): SluiceError {
  return new SluiceError({
    code: 'git-too-large',
    subject: `commit ${revision}`,
    expected: `at most ${maxFiles} files`,
    found: 'more',
    next: 'Keep them in repositories of their own, or raise --git-max-files.',
  });
}

/** Parts of a path that are UTF-8 stay readable. */
function printName(name: Buffer): string {
  const parts: string[] = [];
  for (let at = 0; at <= name.length; ) {
    const slash = name.indexOf(SLASH, at);
    const end = slash === -1 ? name.length : slash;
    const part = name.subarray(at, end);
    parts.push(isUtf8(part) ? part.toString('utf8') : [...part].map(printByte).join(''));
    at = end + 1;
  }
  return parts.join('/');
}

function printByte(byte: number): string {
  return byte < FIRST_OF_OTHERS ? String.fromCharCode(byte) : `\\${byte.toString(8)}`;
}

/** The contents of blobs, in the order asked. */
export async function readBlobs(mirror: Mirror, blobs: readonly string[]): Promise<readonly Buffer[]> {
  if (blobs.length === 0) {
    return [];
  }
  const output = await mirror.local(['cat-file', '--batch'], { input: `${blobs.join('\n')}\n` });
  const contents: Buffer[] = [];
  let at = 0;
  for (const blob of blobs) {
    const end = output.indexOf('\n', at);
    const [, kind, bytes] = output.toString('latin1', at, Math.max(at, end)).split(' ');
    const start = end + 1;
    at = start + Number(bytes) + 1;
    if (kind !== 'blob' || !(at <= output.length)) {
      throw await mirror.damaged(`blob ${blob} is missing`);
    }
    contents.push(output.subarray(start, at - 1));
  }
  return contents;
}

/** Writes a blob of so many bytes to an open file, without holding it in memory. */
export async function copyBlob(mirror: Mirror, blob: string, bytes: number, file: FileHandle): Promise<void> {
  await mirror.local(['cat-file', 'blob', blob], { outputFile: file.fd });
  if ((await file.stat()).size !== bytes) {
    throw await mirror.damaged(`blob ${blob} is missing`);
  }
}

/** `./k8s/`, `/k8s` and `k8s` are the same folder; `.` is the root. */
function normalise(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
