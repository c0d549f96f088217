import { setTimeout as sleep } from 'node:timers/promises';

/** Delays a batch of pushes while a burst lasts. */
export type Debounce = (pushes: number) => Promise<void>;

/** So many within a second are no burst: each is decided at once. */
const QUIET = 15;
const PAUSE_MILLIS = 500;
const SECOND = 1000;

/**
 * Debounces bursts: where more than 15 pushes came within a second, each batch waits 0.5 s. What comes meanwhile is
 * decided together, and so becomes fewer messages to commit-image, which gets ten of them at a time.
 *
 * @param now milliseconds since the epoch
 */
export function debounceBursts(now: () => number, wait: (millis: number) => Promise<unknown> = sleep): Debounce {
  let recent: readonly { readonly at: number; readonly pushes: number }[] = [];
  return async (pushes) => {
    const at = now();
    recent = [...recent.filter((one) => at - one.at < SECOND), { at, pushes }];
    if (recent.reduce((sum, one) => sum + one.pushes, 0) > QUIET) {
      await wait(PAUSE_MILLIS);
    }
  };
}
