import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Where a path of the repository ends, all symbolic links followed. */
export type RenderTarget =
  | { readonly kind: 'inside'; readonly path: string; readonly isFolder: boolean }
  | { readonly kind: 'outside' }
  | { readonly kind: 'nowhere' };

/** Follows a path, which is from the root of the repository. */
export async function locate(root: string, path: string): Promise<RenderTarget> {
  const asked = join(root, path);
  if (!isWithin(root, asked)) {
    return { kind: 'outside' };
  }
  const target = await realpath(asked).catch(() => undefined);
  if (target === undefined) {
    return { kind: 'nowhere' };
  }
  return isWithin(root, target)
    ? { kind: 'inside', path: target, isFolder: (await stat(target)).isDirectory() }
    : { kind: 'outside' };
}

/** The folder that a path leads to, from the root; undefined where there is none in the repository. */
export async function locateFolder(root: string, path: string): Promise<string | undefined> {
  const target = await locate(root, path);
  return target.kind === 'inside' && target.isFolder ? relative(root, target.path) || '.' : undefined;
}

/** The first symbolic link below a folder that leads out of the repository or nowhere. */
export async function findStrayLink(root: string, folder: string): Promise<string | undefined> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isSymbolicLink())) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if ((await locate(root, path)).kind !== 'inside') {
      return path;
    }
  }
  return undefined;
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root === sep ? root : root + sep);
}
