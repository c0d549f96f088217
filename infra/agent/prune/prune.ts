import { isSluiceError } from '../../../shared/errors.ts';
import type { ObjectResult } from '../apply/apply.ts';
import { inReverse } from '../apply/stages.ts';
import { statusOf } from '../cluster/api.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import type { ObjectId } from '../manifest.ts';
import { inParallel } from '../parallel.ts';
import { type Container, containerOf, type Ownership, reasonToKeep } from './contents.ts';
import { OWNER_LABEL } from './inventory.ts';
import { type PruneLimit, reasonAgainst } from './limit.ts';

/** What pruning may do. */
export interface PruneRules {
  readonly limit: PruneLimit;
  /** Which of these are deleted together with what is not ours in them. */
  readonly allow: ReadonlySet<Container>;
}

/** What left Git, and what there is besides. */
export interface Pruning extends Ownership {
  readonly left: readonly ObjectId[];
  /** How many objects the inventory had before the revision. */
  readonly before: number;
  /** How many the revision adds. */
  readonly added: number;
}

/** What came of it. */
export interface Pruned {
  readonly results: readonly ObjectResult[];
  /** These stay in the inventory. */
  readonly refused: readonly ObjectId[];
  /** Why nothing was deleted at all. */
  readonly problem?: string;
}

/** Annotations that keep an object when it has left Git. */
const KEEP: Readonly<Record<string, (value: string) => boolean>> = {
  'sluice.dev/prune': (value) => value === 'disabled',
  'kustomize.toolkit.fluxcd.io/prune': (value) => value === 'disabled',
  'argocd.argoproj.io/sync-options': (value) => value.split(',').some((option) => option.trim() === 'Prune=false'),
};
/** Lets a namespace or a definition go with all that is in it. */
const WITH_CONTENTS = { name: 'sluice.dev/prune', value: 'with-contents' } as const;

const AT_ONCE = 8;
/** Of an object that changes all the time. */
const ATTEMPTS = 4;

/**
 * Deletes objects that left Git, in the reverse of the order they were applied in. Only what still carries the
 * agent's label is deleted, and nothing that another object owns, that asks to stay or that has foreign objects in it;
 * and nothing at all where it is more than the limit.
 *
 * @throws SluiceError `cluster-unreachable`
 */
export async function pruneObjects(cluster: Cluster, pruning: Pruning, rules: PruneRules): Promise<Pruned> {
  const { left, before, added } = pruning;
  const problem = reasonAgainst({ left: left.length, before, added }, rules.limit);
  if (problem !== undefined) {
    const reason = 'it left Git, but too many did at once';
    return { results: left.map((id) => ({ id, action: 'skipped', reason })), refused: left, problem };
  }
  const results: ObjectResult[] = [];
  for (const ofKind of byKind(inReverse(left, (one) => one))) {
    results.push(...(await inParallel(ofKind, AT_ONCE, async (id) => pruneOne(cluster, id, pruning, rules))));
  }
  return { results, refused: results.flatMap(({ id, action }) => (action === 'failed' ? [id] : [])) };
}

/** Neighbours of one kind. */
function byKind(ids: readonly ObjectId[]): readonly (readonly ObjectId[])[] {
  return [...Map.groupBy(ids, ({ kind }) => kind).values()];
}

async function pruneOne(
  cluster: Cluster,
  id: ObjectId,
  ownership: Ownership,
  rules: PruneRules,
): Promise<ObjectResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pruneAsSeen(cluster, id, ownership, rules);
    } catch (error) {
      // It changed since it was looked at: it may be another's by now.
      if (statusOf(error)?.reason === 'Conflict' && attempt < ATTEMPTS) {
        continue;
      }
      if (!isSluiceError(error, 'cluster-refused')) {
        throw error;
      }
      return { id, action: 'failed', reason: `it left Git, but ${error.found}` };
    }
  }
}

async function pruneAsSeen(
  cluster: Cluster,
  id: ObjectId,
  ownership: Ownership,
  { allow }: PruneRules,
): Promise<ObjectResult> {
  const live = await readInAnyVersion(cluster, id);
  if (live === undefined) {
    return { id, action: 'pruned', reason: 'it was gone already' };
  }
  const stay = reasonToStay(live, ownership.agent);
  if (stay !== undefined) {
    return { id, action: 'skipped', reason: stay };
  }
  const there = { ...id, apiVersion: live.apiVersion };
  const container = containerOf(there);
  const mayTakeAll = container === undefined || allow.has(container) || asksWithContents(live);
  const kept = mayTakeAll ? undefined : await reasonToKeep(cluster, there, ownership);
  if (kept !== undefined) {
    const next = `Allow it with --prune-allow ${container} or the annotation ${WITH_CONTENTS.name}: ${WITH_CONTENTS.value}`;
    return { id, action: 'failed', reason: `it left Git, but ${kept}. ${next}` };
  }
  const { uid, resourceVersion } = live.metadata;
  await cluster.remove(there, { uid, resourceVersion });
  return { id, action: 'pruned' };
}

/** A version that the inventory names may be served no longer, and the object be there under another. */
async function readInAnyVersion(cluster: Cluster, id: ObjectId): Promise<LiveObject | undefined> {
  const live = await cluster.read(id, { metadataOnly: true });
  if (live !== undefined) {
    return live;
  }
  const served = await cluster.servedAs(id);
  return served === undefined || served.apiVersion === id.apiVersion
    ? undefined
    : cluster.read({ ...id, ...served }, { metadataOnly: true });
}

function asksWithContents({ metadata: { annotations = {} } }: LiveObject): boolean {
  return annotations[WITH_CONTENTS.name] === WITH_CONTENTS.value;
}

function reasonToStay({ metadata }: LiveObject, agent: string): string | undefined {
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  if (labels[OWNER_LABEL] !== agent) {
    return 'it left Git, but is no longer labelled as ours';
  }
  if (ownerReferences.length > 0) {
    return 'it left Git, but another object owns it';
  }
  const kept = Object.entries(KEEP).find(([name, keeps]) => keeps(annotations[name] ?? ''));
  return kept === undefined ? undefined : `it left Git, but ${kept[0]} keeps it`;
}
