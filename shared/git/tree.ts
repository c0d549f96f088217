import type { Mirror } from './mirror.ts';

/** A file of a revision. */
export interface TreeEntry {
  /** `100644`, `100755`; symbolic links and submodules are left out. */
  readonly mode: string;
  readonly blob: string;
  readonly bytes: number;
  /** From the root, with `/`. */
  readonly path: string;
}

/** The regular files of a revision at or below these paths; `''` is the root. */
export async function listTree(
  mirror: Mirror,
  revision: string,
  paths: readonly string[],
): Promise<readonly TreeEntry[]> {
  const wanted = paths.map(normalise);
  const filter = wanted.includes('') ? [] : wanted;
  const listing = await mirror.local(['ls-tree', '-r', '-z', '-l', '--full-tree', revision, '--', ...filter]);
  return listing
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const [, mode, kind, blob, bytes, path] = /^(\d+) (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
      return mode?.startsWith('100') === true && kind === 'blob' && blob !== undefined && path !== undefined
        ? [{ mode, blob, bytes: Number(bytes), path }]
        : [];
    });
}

/** The contents of blobs, in the order asked. */
export async function readBlobs(mirror: Mirror, blobs: readonly string[]): Promise<readonly Buffer[]> {
  if (blobs.length === 0) {
    return [];
  }
  const output = await mirror.local(['cat-file', '--batch'], `${blobs.join('\n')}\n`);
  const contents: Buffer[] = [];
  let at = 0;
  while (contents.length < blobs.length && at < output.length) {
    const end = output.indexOf('\n', at);
    const bytes = Number(output.toString('latin1', at, end).split(' ')[2]);
    contents.push(output.subarray(end + 1, end + 1 + bytes));
    at = end + 1 + bytes + 1;
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
