import { SluiceError } from '../errors.ts';
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

/** SHA-1 or SHA-256, whole: no expression, no option. */
const REVISION = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
export const SYMBOLIC_LINK = '120000';
const ENTRY = /^(\d+) (\w+) (\w+) +(\S+)\t(.*)$/s;

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
  return (await listFilesAndLinks(mirror, revision, paths)).filter(({ mode }) => mode !== SYMBOLIC_LINK);
}

/** The same with the symbolic links; submodules are left out. */
export async function listFilesAndLinks(
  mirror: Mirror,
  revision: string,
  paths: readonly string[],
): Promise<readonly TreeEntry[]> {
  if (!REVISION.test(revision)) {
    throw new SluiceError({
      code: 'git-not-found',
      subject: 'revision',
      expected: 'the hash of a commit',
      found: JSON.stringify(revision),
    });
  }
  const wanted = paths.map(normalise).filter((path) => path !== '..' && !path.startsWith('../'));
  if (wanted.length === 0) {
    return [];
  }
  const filter = wanted.includes('') ? [] : wanted;
  const command = ['ls-tree', '-r', '-z', '-l', '--full-tree', revision, '--', ...filter];
  const entries = (await mirror.local(command)).toString('utf8').split('\0').flatMap(readEntry);
  const bad = entries.find(({ bytes }) => Number.isNaN(bytes));
  if (bad !== undefined) {
    // A blob that cannot be read has the size BAD.
    throw await mirror.damaged(`${bad.path} has no content`);
  }
  return entries;
}

function readEntry(line: string): readonly TreeEntry[] {
  const [, mode, kind, blob, bytes, path] = ENTRY.exec(line) ?? [];
  return (mode?.startsWith('100') === true || mode === SYMBOLIC_LINK) &&
    kind === 'blob' &&
    blob !== undefined &&
    path?.includes('\uFFFD') === false
    ? [{ mode, blob, bytes: Number(bytes), path }]
    : [];
}

/** The contents of blobs, in the order asked. */
export async function readBlobs(mirror: Mirror, blobs: readonly string[]): Promise<readonly Buffer[]> {
  if (blobs.length === 0) {
    return [];
  }
  const output = await mirror.local(['cat-file', '--batch'], `${blobs.join('\n')}\n`);
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

/** `./k8s/`, `/k8s` and `k8s` are the same folder; `.` is the root. */
function normalise(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
