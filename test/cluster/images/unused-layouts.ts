import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** A layout that nobody has asked for in this time is of a source that has changed since: 24 hours. */
const UNUSED_MILLIS = 24 * 60 * 60 * 1000;

/** Notes that a layout is in use: its time is when it was asked for last. */
export function noteUse(directory: string): void {
  const now = new Date();
  utimesSync(directory, now, now);
}

/** Removes what is left of former sources of an image, `NAME-KEY` and unfinished ones, of hundreds of megabytes each. */
export function removeUnused(cache: string, name: string): void {
  const isOf = new RegExp(`^${name}-[0-9a-f]{16}(\\.\\d+)?$`);
  for (const directory of readdirSync(cache).filter((entry) => isOf.test(entry))) {
    const path = join(cache, directory);
    // Another run may be as quick to remove it.
    const usedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - usedAt > UNUSED_MILLIS) rmSync(path, { recursive: true, force: true });
  }
}
