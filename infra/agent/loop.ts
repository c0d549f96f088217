import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';

export interface LoopPorts {
  /** The commit at the head of the branch. */
  readonly head: () => Promise<string>;
  /** Applies a commit and says what came of it. */
  readonly apply: (commit: string) => Promise<ApplyReport>;
  readonly report: (report: ApplyReport) => Promise<void>;
  readonly pollMillis: number;
  /** A revision that stands is applied again after so long, against drift. */
  readonly syncMillis: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Polls do not come from all clusters at the same moment. */
const JITTER = 0.1;

/**
 * Applies each new head, and the last one again from time to time, until the signal ends it between two steps. A
 * fault leaves everything as it is and is met again at the next poll.
 */
export async function runLoop({ head, apply, report, pollMillis, syncMillis, signal, log }: LoopPorts): Promise<void> {
  let applied: { readonly commit: string; readonly until: number } | undefined;
  let reported: string | undefined;
  while (!signal.aborted) {
    try {
      const commit = await head();
      if (commit !== applied?.commit || performance.now() >= applied.until) {
        log.info('revision found', { revision: commit });
        const result = await apply(commit);
        applied = { commit, until: performance.now() + syncMillis };
        const outcome = JSON.stringify([commit, result.healthy, result.problems]);
        log.info(result.healthy ? 'revision healthy' : 'revision not healthy', {
          revision: commit,
          problems: result.problems,
        });
        if (outcome !== reported || result.objects.some(({ action }) => action !== 'unchanged')) {
          await report(result);
          reported = outcome;
        }
      }
    } catch (error) {
      log.error('revision not applied', { error });
    }
    await sleep(pollMillis * (1 + JITTER * Math.random()), undefined, { signal }).catch(() => {});
  }
}
