import { createHash } from 'node:crypto';
import type { ObjectResult } from '../apply/apply-object.ts';
import type { InventoryEntry } from '../inventory/entry.ts';

const DIGEST_CHARACTERS = 16;

/** Folders of charts as an inventory keeps them: a line of bounded length each. */
export function printCharts(folders: readonly string[]): string {
  return folders.map(digestOf).toSorted().join('\n');
}

/** Those of the folders that are not among the ones that an inventory kept. */
export function newCharts(folders: readonly string[], before = ''): readonly string[] {
  const known = new Set(before.split('\n'));
  return folders.filter((folder) => !known.has(digestOf(folder)));
}

/**
 * What becomes of objects that left Git with a revision in which charts became another controller's: each may have been
 * of such a chart, and that controller may have taken it over or be about to. It stays, and nobody answers for it here.
 *
 * @param charts those that became another's; none of them, and nothing is released
 */
export function releaseLeft(left: readonly InventoryEntry[], charts: readonly string[]): readonly ObjectResult[] {
  const [first] = charts;
  if (first === undefined) {
    return [];
  }
  const which = charts.length === 1 ? first : `${first} and ${charts.length - 1} more`;
  const reason = `it left Git, but may be of a chart that is no longer deployed by itself (${which}): it stays, and is no longer ours`;
  // What left before is none of that chart's.
  const fresh = left.filter(({ standing }) => standing !== 'leaving');
  return fresh.map(({ id }) => ({ id, action: 'skipped', reason }));
}

function digestOf(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, DIGEST_CHARACTERS);
}
