import { setTimeout as sleep } from 'node:timers/promises';

/** Waits so long, or until a nudge or the signal ends it. A nudge that came since the last wait ends it at once. */
export type Wait = (millis: number, signal: AbortSignal) => Promise<void>;

/** What makes all sources look at once. */
export interface WakeSignal {
  readonly wake: () => void;
  /** For one source. */
  readonly subscribe: () => Wait;
}

/** Nobody is nudged yet. */
export function openWakeSignal(): WakeSignal {
  const sources = new Set<() => void>();
  return {
    wake() {
      for (const wake of sources) {
        wake();
      }
    },
    subscribe() {
      let isPending = false;
      let waiting: AbortController | undefined;
      sources.add(() => {
        isPending = true;
        waiting?.abort();
      });
      return async (millis, signal) => {
        waiting = new AbortController();
        if (!isPending) {
          await sleep(millis, undefined, { signal: AbortSignal.any([signal, waiting.signal]) }).catch(() => {});
        }
        // Whoever was ended leaves it to the next.
        isPending &&= signal.aborted;
      };
    },
  };
}
