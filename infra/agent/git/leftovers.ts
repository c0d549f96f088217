import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A directory's time is its last entry's: who makes a clone may be slow between two. */
const LEAST_AGE_MILLIS = 60_000;

/**
 * Removes what was left of a clone and beside it where a process was killed in the middle of its work: packs that were
 * half received, which git never looks at again, and clones that were being made or thrown away. In a pod they outlive
 * the container, and are as large as what is fetched.
 *
 * @param home the directory of the clone
 * @param timeoutMillis for one call of git: what is older belongs to none that is under way
 */
export async function removeLeftovers(home: string, timeoutMillis: number): Promise<void> {
  const before = Date.now() - Math.max(timeoutMillis, LEAST_AGE_MILLIS);
  const beside = (await readdir(dirname(home)).catch(() => []))
    .filter((name) => name.startsWith(`${basename(home)}.`))
    .map((name) => join(dirname(home), name));
  for (const path of [...(await halfWritten(join(home, 'objects'))), ...beside]) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (mtimeMs < before) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function halfWritten(objects: string): Promise<readonly string[]> {
  const entries = await readdir(objects, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter(({ name }) => name.startsWith('tmp_')).map(({ parentPath, name }) => join(parentPath, name));
}
