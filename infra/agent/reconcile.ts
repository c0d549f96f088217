import type { Log } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import type { ObjectResult } from './apply/apply-object.ts';
import { applyInOrder } from './apply/apply-revision.ts';
import { JUDGES } from './apply/judges.ts';
import { resolveNamespaces } from './apply/resolve-namespace.ts';
import type { Cluster, LiveObject } from './cluster/cluster.ts';
import { healthOf } from './health/health.ts';
import { type Problem, printProblem } from './health/problem.ts';
import { type Judge, waitForHealth } from './health/wait.ts';
import type { Inventory } from './inventory/inventory.ts';
import { idOf, keyOf, printApart, printId } from './manifest.ts';
import { noProgress, type ReconcileProgress } from './observe/reconcile-progress.ts';
import type { RevisionOutcome } from './observe/revision-observer.ts';
import type { PruneRules } from './prune/prune.ts';
import { type PrunedStale, pruneStale } from './prune/prune-stale.ts';
import { newCharts, printCharts } from './prune/released-charts.ts';
import type { Rendered } from './render/rendered-object.ts';
import { withholdRefusals } from './secrets/withhold-refusals.ts';

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
  readonly prune: PruneRules;
  readonly healthTimeoutMillis: number;
  readonly signal: AbortSignal;
  /** Nothing is really made, so nobody waits for it. */
  readonly isDryRun?: boolean;
  readonly log: Log;
  readonly progress?: ReconcileProgress;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What came of a revision. */
export interface Reconciled extends RevisionOutcome {
  /** The wait for health was ended before its time, and nothing else is amiss: nobody knows whether it is healthy. */
  readonly isCutShort: boolean;
}

/** Definitions have to be established before what they define; that is a matter of seconds. */
const DEFINITIONS_TIMEOUT_MILLIS = 30_000;

/**
 * Makes the cluster what a revision says: applies in waves and stages, prunes what left Git, marks the revision, waits
 * for health. What stands as it was applied is left alone, and costs one look at its kind.
 *
 * Where anything cannot be read or applied the rest is applied all the same, but nothing is pruned and the marker
 * stays where it was.
 *
 * @throws SluiceError `cluster-unreachable`; doing it all again is right then
 */
export async function reconcile(
  revision: Revision,
  rendered: Rendered,
  { cluster, ...others }: ReconcilePorts,
): Promise<Reconciled> {
  const ports: ReconcilePorts = { ...others, cluster: withholdRefusals(cluster, rendered) };
  const { agent, log, progress: watch = noProgress, now, signal } = ports;
  const startedAt = new Date(now()).toISOString();
  for (const { subject, reason } of rendered.failures) {
    log.error('manifest not read', { object: subject, reason });
  }
  const waitFor = waiterOf(revision.commit, ports, watch);
  const made = await watch.step('apply', async (pauseTimer) =>
    applyRevision(revision.commit, rendered, ports, async (...wait) =>
      wait[0].length === 0 ? [] : pauseTimer(async () => waitFor(...wait)),
    ),
  );
  const { results, isWhole, pruneProblem } = made;
  tell(results, revision.commit, log);
  const late = await waitFor(made.unhealthy, ports.healthTimeoutMillis, healthOf);
  const unhealthy = [...made.problems, ...late];
  const report = reportOf({
    revision,
    rendered,
    results,
    problems: [...(pruneProblem === undefined ? [] : [`prune: ${pruneProblem}`]), ...unhealthy.map(printProblem)],
    startedAt,
    finishedAt: new Date(now()).toISOString(),
    agent,
  });
  const isCutShort = signal.aborted && unhealthy.length > 0 && report.problems.length === unhealthy.length;
  return { report, results, unhealthy, isWhole, isCutShort };
}

type WaitFor = (objects: readonly LiveObject[], millis: number, judge: Judge) => Promise<readonly Problem[]>;

/** Of what is waited for, in a line of the log. */
const MOST_SHOWN = 10;

function waiterOf(
  revision: string,
  { cluster, signal, isDryRun: isRehearsal, log }: ReconcilePorts,
  watch: ReconcileProgress,
): WaitFor {
  return async (objects, millis, judge) =>
    isRehearsal === true
      ? []
      : watch.step('health', async () =>
          waitForHealth(cluster, objects, millis, signal, judge, (waiting) => {
            log.info('waiting for health', { revision, waiting: waiting.slice(0, MOST_SHOWN).map(printProblem) });
            watch.waiting(waiting);
          }),
        );
}

/** All that is done to the cluster for a revision. */
async function applyRevision(commit: string, rendered: Rendered, ports: ReconcilePorts, waitFor: WaitFor) {
  const { cluster, inventory } = ports;
  const before = await inventory.read();
  const inventoryEntries = new Map(before.entries.map((entry) => [keyOf(entry.id), entry]));
  const sourceLocations = new Map<string, string>();
  const applied = await applyInOrder(rendered, inventoryEntries, {
    ...ports,
    commit,
    sourceLocations,
    waitFor: async (objects, what) =>
      waitFor(objects, what === 'definitions' ? DEFINITIONS_TIMEOUT_MILLIS : ports.healthTimeoutMillis, JUDGES[what]),
  });
  const skipped = await skipAll(rendered, sourceLocations, cluster);
  const handled = [...applied.results, ...skipped];
  const isApplied =
    rendered.failures.length === 0 && !applied.isHeld && handled.every(({ action }) => action !== 'failed');
  const { chartsOfOthers = [] } = rendered;
  const released = newCharts(chartsOfOthers, before.chartsOfOthers);
  const pruned = isApplied
    ? await pruneStale(commit, handled, before, inventoryEntries, { ...ports, released })
    : NOTHING;
  const isWhole = isApplied && pruned.isWhole;
  const stands = isApplied && pruned.problem === undefined;
  const whole = stands ? { whole: commit, chartsOfOthers: printCharts(chartsOfOthers) || undefined } : undefined;
  await inventory.write([...inventoryEntries.values()], commit, whole);
  if (isWhole) {
    await mark(commit, ports);
  }
  const { problems, unhealthy } = applied;
  return { results: [...handled, ...pruned.results], problems, unhealthy, isWhole, pruneProblem: pruned.problem };
}

const NOTHING: PrunedStale = { results: [], isWhole: false };

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
  sourceLocations: Map<string, string>,
  cluster: Cluster,
): Promise<readonly ObjectResult[]> {
  const reason = 'an annotation says that it is to be left alone';
  const { objects, failed, unknown } = await resolveNamespaces(cluster, skipped, sourceLocations);
  const left = [...objects.values(), ...unknown.map(({ manifest }) => manifest)];
  return [
    ...left.map((manifest): ObjectResult => ({ id: idOf(manifest), action: 'skipped', reason })),
    ...failed.values(),
  ];
}

interface Parts {
  readonly revision: Revision;
  readonly rendered: Rendered;
  readonly results: readonly ObjectResult[];
  readonly problems: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly agent: string;
}

function reportOf({ revision, rendered, results, problems, startedAt, finishedAt, agent }: Parts): ApplyReport {
  const named = printApart(results.map(({ id }) => id));
  const failed = results.flatMap(({ id, action, reason = '' }) => (action === 'failed' ? [{ id, reason }] : []));
  const said = [
    ...rendered.failures.map(({ subject, reason }) => `${subject}: ${reason}`),
    ...failed.map(printProblem),
    ...problems,
  ];
  return {
    version: 1,
    cluster: agent,
    repository: revision.repository,
    branch: revision.branch,
    revision: revision.commit,
    objects: results.map(({ id, action, reason }) => ({ object: named(id), action, reason })),
    healthy: said.length === 0,
    problems: said,
    startedAt,
    finishedAt,
  };
}
