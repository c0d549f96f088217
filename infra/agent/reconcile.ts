import type { Log } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import { applyStage, type ObjectResult } from './apply/apply.ts';
import { completeObjects } from './apply/complete.ts';
import { intoStages } from './apply/stages.ts';
import type { Cluster } from './cluster/cluster.ts';
import { printUnknown } from './cluster/discovery.ts';
import { type Problem, printProblem, waitForHealth } from './health/health.ts';
import { idOf, keyOf, type Manifest, type ObjectId, printId } from './manifest.ts';
import type { Inventory } from './prune/inventory.ts';
import { pruneObjects } from './prune/prune.ts';
import type { Rendered } from './render/render.ts';

/** A commit, and where it is from. */
export interface Revision {
  readonly repository: string;
  readonly branch: string;
  readonly commit: string;
}

export interface ReconcilePorts {
  readonly cluster: Cluster;
  readonly inventory: Inventory;
  /** Puts the marker on a revision that was applied whole. */
  readonly mark: (commit: string) => Promise<void>;
  /** The agent's name. */
  readonly agent: string;
  readonly healthTimeoutMillis: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Definitions have to be established before what they define; that is a matter of seconds. */
const DEFINITIONS_TIMEOUT_MILLIS = 30_000;

/**
 * Makes the cluster what a revision says: applies in stages, prunes what left Git, marks the revision, waits for
 * health.
 *
 * Where anything cannot be read or applied the rest is applied all the same, but nothing is pruned and the marker
 * stays where it was.
 *
 * @throws SluiceError `cluster-unreachable`; doing it all again is right then
 */
export async function reconcile(revision: Revision, rendered: Rendered, ports: ReconcilePorts): Promise<ApplyReport> {
  const { cluster, inventory, agent, log, now } = ports;
  const startedAt = new Date(now()).toISOString();
  for (const { subject, reason } of rendered.failures) {
    log.error('manifest not read', { object: subject, reason });
  }
  const before = await inventory.read();
  const places = new Map<string, string>();
  const applied = await applyAll(rendered, before, revision.commit, places, ports);
  const skipped = await skipAll(rendered, places, cluster);
  const kept = [...applied, ...skipped].map(({ id }) => id);
  const isWhole = rendered.failures.length === 0 && [...applied, ...skipped].every(({ action }) => action !== 'failed');
  const pruned = isWhole ? await pruneObjects(cluster, without(before, kept), agent) : [];
  if (isWhole) {
    const refused = pruned.filter(({ action }) => action === 'failed').map(({ id }) => id);
    await inventory.write([...applied.map(({ id }) => id), ...refused], revision.commit);
    await mark(revision.commit, ports);
  }
  const results = [...applied, ...pruned, ...skipped];
  tell(results, revision.commit, log);
  const problems = await waitForHealth(
    cluster,
    applied.flatMap(({ live }) => (live === undefined ? [] : [live])),
    ports.healthTimeoutMillis,
    ports.signal,
    (waiting) => log.debug('waiting for health', { waiting: waiting.map(printProblem) }),
  );
  return reportOf({
    revision,
    rendered,
    results,
    problems,
    startedAt,
    finishedAt: new Date(now()).toISOString(),
    agent,
  });
}

/**
 * Applies stage after stage. The inventory has each object before it is created, so that a kill in between leaves
 * nothing behind that nobody answers for.
 */
async function applyAll(
  { objects }: Rendered,
  before: readonly ObjectId[],
  commit: string,
  places: Map<string, string>,
  { cluster, inventory, agent, signal }: ReconcilePorts,
): Promise<readonly ObjectResult[]> {
  const results: ObjectResult[] = [];
  // What has no full name yet does not belong in the inventory: under its later name it would count as another.
  const known = [...before];
  for (const stage of intoStages(objects, ({ manifest }) => idOf(manifest))) {
    const { manifests, failed, unknown } = await completeObjects(cluster, stage, places);
    const ids = manifests.map(idOf);
    const fresh = without(ids, known);
    known.push(...fresh);
    if (fresh.length > 0) {
      await inventory.write(known, commit);
    }
    const applied = await applyStage(cluster, manifests, agent);
    results.push(...applied, ...failed, ...unknown.map(refuseUnknown));
    const definitions = applied.flatMap(({ live }) => (live?.kind === 'CustomResourceDefinition' ? [live] : []));
    await waitForHealth(cluster, definitions, DEFINITIONS_TIMEOUT_MILLIS, signal, () => {});
  }
  return results;
}

function refuseUnknown(manifest: Manifest): ObjectResult {
  return { id: idOf(manifest), action: 'failed', reason: printUnknown(manifest) };
}

/** A marker that cannot be moved does not undo what was applied. */
async function mark(commit: string, { mark: put, log }: ReconcilePorts): Promise<void> {
  try {
    await put(commit);
  } catch (error) {
    log.warn('marker not moved', { revision: commit, error });
  }
}

function tell(results: readonly ObjectResult[], revision: string, log: Log): void {
  for (const { id, action, reason } of results) {
    const fields = { revision, object: printId(id), action, ...(reason === undefined ? {} : { reason }) };
    if (action === 'failed') {
      log.error('object failed', fields);
    } else if (action === 'unchanged') {
      log.debug('object unchanged', fields);
    } else {
      log.info(`object ${action}`, fields);
    }
  }
}

async function skipAll(
  { skipped }: Rendered,
  places: Map<string, string>,
  cluster: Cluster,
): Promise<readonly ObjectResult[]> {
  const reason = 'an annotation says that it is to be left alone';
  const { manifests, failed, unknown } = await completeObjects(cluster, skipped, places);
  const left = [...manifests, ...unknown];
  return [...left.map((manifest): ObjectResult => ({ id: idOf(manifest), action: 'skipped', reason })), ...failed];
}

interface Outcome {
  readonly revision: Revision;
  readonly rendered: Rendered;
  readonly results: readonly ObjectResult[];
  readonly problems: readonly Problem[];
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly agent: string;
}

function reportOf({ revision, rendered, results, problems, startedAt, finishedAt, agent }: Outcome): ApplyReport {
  const failed = results.flatMap(({ id, action, reason = '' }) => (action === 'failed' ? [{ id, reason }] : []));
  const said = [
    ...rendered.failures.map(({ subject, reason }) => `${subject}: ${reason}`),
    ...[...failed, ...problems].map(printProblem),
  ];
  return {
    version: 1,
    cluster: agent,
    repository: revision.repository,
    branch: revision.branch,
    revision: revision.commit,
    objects: results.map(({ id, action, reason }) => ({ object: printId(id), action, reason })),
    healthy: said.length === 0,
    problems: said,
    startedAt,
    finishedAt,
  };
}

function without(objects: readonly ObjectId[], others: readonly ObjectId[]): readonly ObjectId[] {
  const keys = new Set(others.map(keyOf));
  return objects.filter((object) => !keys.has(keyOf(object)));
}
