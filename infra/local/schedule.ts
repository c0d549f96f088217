import type { Log } from '../../shared/log.ts';

/** A repeated call; never two at once. */
export interface Schedule {
  /** Ends it and waits for a call that is under way. */
  stop(): Promise<void>;
}

/**
 * Calls `work`, and again so many seconds after each call has ended. What it throws is logged, and the next call comes
 * all the same.
 *
 * @param firstSeconds until the first call; it comes at once where nobody knows what was missed while nothing ran
 */
export function startSchedule(everySeconds: number, work: () => Promise<void>, log: Log, firstSeconds = 0): Schedule {
  let running = Promise.resolve();
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
  if (firstSeconds === 0) {
    run();
  } else {
    timer = setTimeout(run, firstSeconds * 1000);
  }
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
