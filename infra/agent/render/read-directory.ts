import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { SourceFile } from './render.ts';

const MANIFEST = /\.(ya?ml|json)$/i;

/** The manifests of a directory at or below these paths, in the order of their names; `''` is the directory itself. */
export async function readDirectory(directory: string, paths: readonly string[]): Promise<readonly SourceFile[]> {
  const found = await Promise.all(paths.map(async (path) => filesOf(directory, join(directory, path))));
  const files = [...new Set(found.flat())].filter((file) => MANIFEST.test(file)).toSorted();
  return Promise.all(
    files.map(async (file) => ({
      path: relative(directory, file).split(sep).join('/'),
      text: await readFile(file, 'utf8'),
    })),
  );
}

/** The regular files at or below a place; none where there is nothing, or where it leads out. */
async function filesOf(directory: string, place: string): Promise<readonly string[]> {
  const root = await realpath(directory);
  const real = await realpath(place).catch(() => '');
  if (real !== root && !real.startsWith(`${root}${sep}`)) {
    return [];
  }
  if ((await stat(real)).isFile()) {
    return [place];
  }
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
