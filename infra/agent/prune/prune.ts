import { isSluiceError } from '../../../shared/errors.ts';
import type { ObjectResult } from '../apply/apply-object.ts';
import { statusOf } from '../cluster/client.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import type { InventoryEntry } from '../inventory/entry.ts';
import { groupKindOf, idOf, type ObjectId } from '../manifest.ts';
import { inReverse } from '../order/stages.ts';
import { inParallel } from '../parallel.ts';
import { type Allowance, type Container, containerOf, findObstacle, type Ownership } from './deletion-guard.ts';
import { asksWithContents, WITH_CONTENTS } from './keep.ts';
import { type ObservedStale, observeStale } from './observe-stale.ts';
import { type PruneLimit, pruneLimitReason } from './prune-limit.ts';

/** What pruning may do. */
export interface PruneRules {
  readonly limit: PruneLimit;
  readonly allow: ReadonlySet<Allowance>;
}

/** What left Git, and what there is besides. */
export interface Pruning extends Ownership {
  readonly left: readonly InventoryEntry[];
  /** How many of the objects in Git stood after the last revision that was whole. */
  readonly staying: number;
  /** How many came since. */
  readonly added: number;
}

/** What came of it. */
export interface Pruned {
  readonly results: readonly ObjectResult[];
  /** These could not be deleted, and are tried again. */
  readonly refused: readonly ObjectId[];
  /** These are kept until a person says that they may go. */
  readonly waiting: readonly ObjectId[];
  /** Why nothing was deleted at all. */
  readonly problem?: string;
}

const AT_ONCE = 8;
/** Of an object that changes all the time. */
const ATTEMPTS = 4;

/**
 * Deletes objects that left Git, in the reverse of the order they were applied in. Only what still carries the
 * agent's label is deleted, and nothing that another object owns, that asks to stay or that has in it what is not to
 * go; and nothing at all where it is more than the limit. What is not there, or stays, is no deletion.
 *
 * @throws SluiceError `cluster-unreachable`
 */
export async function pruneObjects(cluster: Cluster, pruning: Pruning, rules: PruneRules): Promise<Pruned> {
  const { left, staying, added, agent } = pruning;
  const looks = await observeStale(cluster, left, agent);
  const lost = looks.filter(({ is, standing }) => (is === 'ours' || is === 'unseen') && standing !== 'leaving').length;
  const problem = pruneLimitReason({ left: lost, before: staying + lost, added }, rules.limit);
  if (problem !== undefined) {
    const reason = 'it left Git, but too many did at once';
    const results = left.map(({ id }): ObjectResult => ({ id, action: 'skipped', reason }));
    return { results, refused: [], waiting: [], problem };
  }
  const outcomes: Outcome[] = [];
  for (const ofKind of byKind(inReverse(looks, ({ id }) => id))) {
    outcomes.push(...(await inParallel(ofKind, AT_ONCE, async (look) => pruneOne(cluster, look, pruning, rules))));
  }
  return {
    results: outcomes.map(({ result }) => result),
    refused: outcomes.flatMap(({ result: { id, action } }) => (action === 'failed' ? [id] : [])),
    waiting: outcomes.flatMap(({ result: { id }, waits = false }) => (waits ? [id] : [])),
  };
}

interface Outcome {
  readonly result: ObjectResult;
  readonly waits?: boolean;
}

/** Neighbours of one kind. */
function byKind(looks: readonly ObservedStale[]): readonly (readonly ObservedStale[])[] {
  return [...Map.groupBy(looks, ({ id }) => groupKindOf(id)).values()];
}

/** Deletes one of ours, and says what became of any other. */
async function pruneOne(
  cluster: Cluster,
  seen: ObservedStale,
  ownership: Ownership,
  rules: PruneRules,
): Promise<Outcome> {
  const { id, standing } = seen;
  let look = seen;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pruneAsSeen(cluster, look, ownership, rules);
    } catch (error) {
      if (!isSluiceError(error, 'cluster-refused')) {
        throw error;
      }
      // It changed since it was looked at: it may be another's by now.
      if (statusOf(error)?.reason !== 'Conflict' || attempt === ATTEMPTS) {
        return { result: { id, action: 'failed', reason: `it left Git, but ${error.found}` } };
      }
      [look = seen] = await observeStale(cluster, [{ id, standing }], ownership.agent);
    }
  }
}

async function pruneAsSeen(
  cluster: Cluster,
  look: ObservedStale,
  ownership: Ownership,
  rules: PruneRules,
): Promise<Outcome> {
  const { id } = look;
  if (look.is === 'gone') {
    return { result: { id, action: 'pruned', reason: 'it was gone already' } };
  }
  if (look.is === 'unseen') {
    return { result: { id, action: 'failed', reason: `it left Git, but ${look.reason}` } };
  }
  if (look.is === 'staying') {
    return { result: { id, action: 'skipped', reason: `it left Git, but ${look.reason}` }, waits: look.waits };
  }
  const there = { ...id, apiVersion: look.live.apiVersion };
  const kept = await reasonToHold(cluster, look.live, ownership, rules);
  if (kept !== undefined) {
    return { result: { id, action: 'failed', reason: `it left Git, but ${kept}` } };
  }
  const { uid, resourceVersion } = look.live.metadata;
  await cluster.remove(there, { uid, resourceVersion });
  return { result: { id, action: 'pruned' } };
}

/** Why a namespace or a definition must not go with what is in it; undefined for any other object. */
async function reasonToHold(
  cluster: Cluster,
  live: LiveObject,
  ownership: Ownership,
  { allow }: PruneRules,
): Promise<string | undefined> {
  const id = idOf(live);
  const container = containerOf(id);
  if (container === undefined) {
    return undefined;
  }
  const takes = allow.has(container) || asksWithContents(live) ? 'all' : 'own';
  const held = await findObstacle(cluster, id, { ...ownership, takes });
  return held === undefined || held.isFinal ? held?.reason : `${held.reason}. ${nextFor(container)}`;
}

function nextFor(container: Container): string {
  return `Allow it with --prune-allow ${container} or the annotation ${WITH_CONTENTS.name}: ${WITH_CONTENTS.value}`;
}
