import type { Log } from '../../shared/log.ts';

/** A repeated call; never two at once. */
export interface Schedule {
  /** Ends it and waits for a call that is under way. */
  stop(): Promise<void>;
}

/**
 * Calls `work` at once, since nobody knows what was missed while nothing ran, and again so many seconds after each call
 * has ended. What it throws is logged, and the next call comes all the same.
 */
export function startSchedule(everySeconds: number, work: () => Promise<void>, log: Log): Schedule {
  let running: Promise<void>;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const run = () => {
    running = work()
      .catch((error: unknown) => log.error('scheduled call failed', { error }))
      .finally(() => {
        if (!stopped) {
          timer = setTimeout(run, everySeconds * 1000);
        }
      });
  };
  run();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
