import { setTimeout as sleep } from 'node:timers/promises';

/** Waits a little where pushes come faster than they need an answer each. */
export type Gather = (pushes: number) => Promise<void>;

/** So many within a second are no burst: each is decided at once. */
const QUIET = 15;
const PAUSE_MILLIS = 500;
const SECOND = 1000;

/**
 * In a burst, what comes while others wait is decided together in the next batches, and so becomes fewer messages to
 * commit-image, which gets ten of them at a time.
 *
 * @param now milliseconds since the epoch
 */
export function gatherBursts(now: () => number, wait: (millis: number) => Promise<unknown> = sleep): Gather {
  let recent: readonly { readonly at: number; readonly pushes: number }[] = [];
  return async (pushes) => {
    const at = now();
    recent = [...recent.filter((one) => at - one.at < SECOND), { at, pushes }];
    if (recent.reduce((sum, one) => sum + one.pushes, 0) > QUIET) {
      await wait(PAUSE_MILLIS);
    }
  };
}
