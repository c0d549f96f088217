import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { namesPosition } from '../order/sync-position.ts';
import type { Discovered } from './discover.ts';
import type { RenderFailure, Unplaced } from './rendered-object.ts';

/** What objects are written in, and templates of such. */
const SOURCE = /\.(ya?ml|json|tpl)$/i;
/** Past these nobody looks: it may name a place then. */
const MAX_FILES = 2000;
const MAX_BYTES = 1024 * 1024;

/**
 * Failures of what gave no text: what they would have held is told by the folders that kustomize and helm render, as far
 * as those name a place.
 */
export async function unplacedOf(
  root: string,
  { kustomizations, charts }: Discovered,
  failures: readonly RenderFailure[],
): Promise<readonly Unplaced[]> {
  if (failures.length === 0) {
    return [];
  }
  // What cannot be looked through may name one.
  const isNamed = await isWrittenBelow(root, [...kustomizations, ...charts], namesPosition);
  return failures.map(({ subject }) => ({ subject, namesPlace: isNamed }));
}

/** Does a file below these folders say such a thing, as far as objects and templates of such are written in it? */
export async function isWrittenBelow(
  root: string,
  folders: readonly string[],
  says: (text: string) => boolean,
): Promise<boolean> {
  return isFound(root, folders, says).catch(() => true);
}

async function isFound(root: string, folders: readonly string[], says: (text: string) => boolean): Promise<boolean> {
  const files = new Set<string>();
  for (const folder of folders) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && SOURCE.test(entry.name)) {
        files.add(join(entry.parentPath, entry.name));
      }
    }
  }
  if (files.size > MAX_FILES) {
    return true;
  }
  for (const file of files) {
    if ((await stat(file)).size > MAX_BYTES || says(await readFile(file, 'utf8'))) {
      return true;
    }
  }
  return false;
}
