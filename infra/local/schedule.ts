import type { Log } from '../../shared/log.ts';

/** A repeated call; never two at once. */
export interface Schedule {
  /** Ends it and waits for a call that is under way. */
  stop(): Promise<void>;
}

/**
 * Calls `work` after so many seconds, and again so long after each call has ended. What it throws is logged, and the
 * next call comes all the same.
 */
export function startSchedule(everySeconds: number, work: () => Promise<void>, log: Log): Schedule {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const plan = () => {
    timer = setTimeout(() => {
      running = work()
        .catch((error: unknown) => log.error('scheduled call failed', { error }))
        .finally(() => {
          if (!stopped) {
            plan();
          }
        });
    }, everySeconds * 1000);
  };
  let stopped = false;
  plan();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
