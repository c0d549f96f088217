import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';

export interface LoopPorts {
  /** The commit at the head of the branch. */
  readonly head: () => Promise<string>;
  /** Applies a commit and says what came of it; the signal ends its wait for health, not what it does before. */
  readonly apply: (commit: string, signal: AbortSignal) => Promise<ApplyReport>;
  readonly report: (report: ApplyReport) => Promise<void>;
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
  const { head, report, pollMillis, syncMillis, signal, log } = ports;
  let applied: { readonly commit: string; readonly until: number } | undefined;
  let reported: string | undefined;
  while (!signal.aborted) {
    try {
      const commit = await head();
      if (commit !== applied?.commit || performance.now() >= applied.until) {
        log.info('revision found', { revision: commit });
        const result = await applyUntilNext(commit, ports);
        const { healthy, problems } = result;
        const again = healthy ? syncMillis : Math.min(syncMillis, RETRY_MILLIS);
        applied = { commit, until: performance.now() + again };
        log.info(healthy ? 'revision healthy' : 'revision not healthy', { revision: commit, problems });
        const outcome = JSON.stringify([commit, healthy, problems]);
        if (outcome !== reported || result.objects.some(({ action }) => action !== 'unchanged')) {
          await report(result);
          reported = outcome;
        }
      }
    } catch (error) {
      log.error('revision not applied', { error });
    }
    await pause(pollMillis, signal);
  }
}

/** A revision that does not become healthy must not hold up the one that mends it: a new head ends the wait. */
async function applyUntilNext(commit: string, ports: LoopPorts): Promise<ApplyReport> {
  const { apply, head, pollMillis, signal, log } = ports;
  const done = new AbortController();
  const waiting = AbortSignal.any([signal, done.signal]);
  const watch = async () => {
    for (;;) {
      await pause(pollMillis, waiting);
      if (waiting.aborted) {
        return;
      }
      const next = await head().catch(() => commit);
      if (next !== commit) {
        log.info('revision superseded', { revision: commit, next });
        done.abort();
      }
    }
  };
  const watching = watch();
  try {
    return await apply(commit, waiting);
  } finally {
    done.abort();
    await watching;
  }
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await sleep(millis * (1 + JITTER * Math.random()), undefined, { signal }).catch(() => {});
}
