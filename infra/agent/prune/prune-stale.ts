import type { ObjectResult } from '../apply/apply-object.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { InventoryEntry } from '../inventory/entry.ts';
import type { Recorded } from '../inventory/inventory.ts';
import { keyOf, type ObjectId } from '../manifest.ts';
import { type PruneRules, pruneObjects } from './prune.ts';
import { releaseLeft } from './released-charts.ts';

interface PrunePorts {
  readonly cluster: Cluster;
  /** The agent's name. */
  readonly agent: string;
  readonly prune: PruneRules;
  /** Charts that are another controller's since: what left Git may be of them. */
  readonly released?: readonly string[];
}

/** What came of what left Git. */
export interface PrunedStale {
  readonly results: readonly ObjectResult[];
  /** All that was to be deleted is, or waits for a person. */
  readonly isWhole: boolean;
  /** Why nothing was deleted at all: then what stood before counts on. */
  readonly problem?: string;
}

/**
 * Prunes what left Git, and keeps in the inventory what is applied and what is to be tried again. How much may go is counted
 * against what stood after the last revision that was whole: neither what came since nor what is refused adds to that.
 *
 * @param handled what came of all that Git has
 * @param before the inventory as it was before the revision
 * @param entries what it has now, by key; kept up to date
 */
export async function pruneStale(
  commit: string,
  handled: readonly ObjectResult[],
  before: Recorded,
  entries: Map<string, InventoryEntry>,
  { cluster, agent, prune, released = [] }: PrunePorts,
): Promise<PrunedStale> {
  const wanted = handled.map(({ id }) => id);
  const keys = new Set(wanted.map(keyOf));
  const gone = before.entries.filter(({ id }) => !keys.has(keyOf(id)));
  const kept = releaseLeft(gone, released);
  const isKept = new Set(kept.map(({ id }) => keyOf(id)));
  const left = gone.filter(({ id }) => !isKept.has(keyOf(id)));
  if (left.length > 0 && wasRefusedBefore(commit, before)) {
    restand(entries, wanted, ({ standing }) => standing ?? 'new');
  }
  const standing = wanted.flatMap((id) => entries.get(keyOf(id)) ?? []);
  const alone = handled.flatMap(({ id, action, isLeft }) => (action === 'skipped' && isLeft !== true ? [id] : []));
  const isAlone = new Set(alone.map(keyOf));
  const { results, refused, waiting, problem } = await pruneObjects(
    cluster,
    {
      left,
      staying: standing.filter((entry) => entry.standing === undefined).length,
      added: standing.filter((entry) => isAdded(entry) && !isAlone.has(keyOf(entry.id))).length,
      agent,
      wanted,
    },
    prune,
  );
  for (const id of alone) {
    entries.delete(keyOf(id));
  }
  if (problem !== undefined) {
    return { results: [...kept, ...results], isWhole: false, problem };
  }
  for (const key of isKept) {
    entries.delete(key);
  }
  keepLater(entries, left, [...refused, ...waiting]);
  // What was there already, and is not to be applied, was never made by us.
  restand(entries, wanted, ({ applied }) => (applied === undefined ? 'new' : undefined));
  return { results: [...kept, ...results], isWhole: refused.length === 0 };
}

/** Of what left Git, keeps in the inventory what is to be tried again. */
function keepLater(
  entries: Map<string, InventoryEntry>,
  left: readonly InventoryEntry[],
  later: readonly ObjectId[],
): void {
  const isLater = new Set(later.map(keyOf));
  for (const { id } of left) {
    const key = keyOf(id);
    if (isLater.has(key)) {
      entries.set(key, { ...entries.get(key), id, standing: 'leaving' });
    } else {
      entries.delete(key);
    }
  }
}

function isAdded({ standing, applied }: InventoryEntry): boolean {
  return standing === 'new' && applied !== undefined;
}

/**
 * An older release did not note what stood. Where something is left over of the very revision that it wrote last, it
 * had refused to prune that: what is in Git may all have come since.
 */
function wasRefusedBefore(commit: string, { revision, whole }: Recorded): boolean {
  return whole === undefined && revision === commit;
}

function restand(
  entries: Map<string, InventoryEntry>,
  ids: readonly ObjectId[],
  to: (entry: InventoryEntry) => InventoryEntry['standing'],
): void {
  for (const key of ids.map(keyOf)) {
    const entry = entries.get(key);
    if (entry !== undefined) {
      entries.set(key, { ...entry, standing: to(entry) });
    }
  }
}
