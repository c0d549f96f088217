import type { Log } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import type { Head } from './git/source.ts';
import type { RevisionObserver } from './observe/revision-observer.ts';
import type { Reconciled } from './reconcile.ts';
import type { Wait } from './wake/wake.ts';

/** What came of applying a commit. */
type Made = Pick<Reconciled, 'report' | 'isCutShort'>;

export interface LoopPorts {
  /** What stands at the head of the branch. */
  readonly head: () => Promise<Head>;
  /** Applies a commit and says what came of it; the signal ends its wait for health, not what it does before. */
  readonly apply: (commit: string, signal: AbortSignal) => Promise<Made>;
  readonly report: (report: ApplyReport) => Promise<void>;
  /** Tells of a head that may not be applied. */
  readonly refuse: (head: Head) => Promise<void>;
  /** Why nothing is to be applied; undefined where that is not so. */
  readonly suspension: () => Promise<string | undefined>;
  readonly observer: Pick<RevisionObserver, 'stands' | 'failed' | 'suspended' | 'resumed'>;
  readonly wait: Wait;
  readonly pollMillis: number;
  /** A revision that stands is applied again after so long, against drift. */
  readonly syncMillis: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Polls do not come from all clusters at the same moment. */
const JITTER = 0.1;
/** What did not become healthy is applied again after so long: a webhook may have been away. */
const RETRY_MILLIS = 30_000;

/**
 * Applies each new head, and the last one again from time to time, until the signal ends it between two steps. A
 * fault leaves everything as it is and is met again at the next poll.
 */
export async function runLoop(ports: LoopPorts): Promise<void> {
  const { head, report, refuse, observer, syncMillis, signal, log } = ports;
  const isSuspended = suspensionWatch(ports);
  let applied: { readonly commit: string; readonly until: number } | undefined;
  let reported: string | undefined;
  let refused: string | undefined;
  let isSuperseded = false;
  while (!signal.aborted) {
    isSuperseded = false;
    try {
      if (await isSuspended()) {
        // When it ends, what drifted meanwhile is set right at once.
        applied = undefined;
        await pause(ports, signal);
        continue;
      }
      const found = await head();
      const { commit } = found;
      const standing = JSON.stringify(found);
      if (found.problems.length > 0 && standing !== refused) {
        log.error('revision refused', { revision: found.head, problems: found.problems, stays: commit });
        await refuse(found);
        refused = standing;
      }
      if (commit !== undefined && (commit !== applied?.commit || performance.now() >= applied.until)) {
        log.info('revision found', { revision: commit });
        const { next, ...made } = await applyUntilNext(commit, ports);
        isSuperseded = next !== undefined;
        const { healthy, problems, objects } = made.report;
        const again = healthy ? syncMillis : Math.min(syncMillis, RETRY_MILLIS);
        applied = { commit, until: performance.now() + again };
        log.info(wordsFor(made), { revision: commit, problems });
        const outcome = JSON.stringify([commit, healthy, problems]);
        const isNews = outcome !== reported || objects.some(({ action }) => action !== 'unchanged');
        if (isNews && !made.isCutShort) {
          await report(made.report);
          reported = outcome;
        }
      } else if (found.problems.length === 0) {
        observer.stands();
      }
    } catch (error) {
      log.error('revision not applied', { error });
      observer.failed(error);
    }
    if (!isSuperseded) {
      await pause(ports, signal);
    }
  }
}

function wordsFor({ report: { healthy }, isCutShort }: Made): string {
  if (isCutShort) {
    return 'wait for health ended';
  }
  return healthy ? 'revision healthy' : 'revision not healthy';
}

/** Looks whether the source is suspended, and tells when that changes. */
function suspensionWatch({ suspension, observer, log }: LoopPorts): () => Promise<boolean> {
  let before: string | undefined;
  return async () => {
    const reason = await suspension();
    if (reason !== undefined) {
      observer.suspended(reason);
    }
    if (reason !== before) {
      log.info(reason === undefined ? 'resumed' : 'suspended', reason === undefined ? {} : { reason });
      if (reason === undefined) {
        observer.resumed();
      }
    }
    before = reason;
    return reason !== undefined;
  };
}

interface Applied extends Made {
  /** What took its place meanwhile. */
  readonly next: string | undefined;
}

/** A revision that does not become healthy must not hold up the one that mends it: a new head ends the wait. */
async function applyUntilNext(commit: string, ports: LoopPorts): Promise<Applied> {
  const { apply, head, signal, log } = ports;
  const done = new AbortController();
  const waiting = AbortSignal.any([signal, done.signal]);
  let next: string | undefined;
  const watch = async () => {
    for (;;) {
      await pause(ports, waiting);
      if (waiting.aborted) {
        return;
      }
      const found = await head().catch(() => undefined);
      if (found?.commit !== undefined && found.commit !== commit) {
        next = found.commit;
        log.info('revision superseded', { revision: commit, next });
        done.abort();
      }
    }
  };
  const watching = watch();
  const made = await apply(commit, waiting).finally(async () => {
    done.abort();
    await watching;
  });
  return { ...made, next };
}

async function pause({ wait, pollMillis }: LoopPorts, signal: AbortSignal): Promise<void> {
  await wait(pollMillis * (1 + JITTER * Math.random()), signal);
}
