import { isNativeError } from 'node:util/types';

/** The clock and the processor's are read one after the other: so much of a budget counts as all of it. */
const FULL_SHARE = 0.9;
/** What else this thread does, a collection of garbage say, may take the time of one try; of two, the work takes it. */
const TRIES = 2;
/** So many times the budget on the clock are the last try: by then nobody waits for the answer. */
const MOST_BUDGETS = 64;

/** Milliseconds that the processor has worked on this thread. */
export const threadMillis = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/**
 * Runs work that may use so much of the processor's time, not of the clock's: where others keep the processor busy, or
 * a small function of Lambda gets a share of one, work that is cut off before it had its time begins anew with a later
 * end. It has to use up its time twice.
 *
 * @param run throws with the code of a script that took too long where it is not done within so much time of the clock
 * @param used milliseconds of the processor so far
 * @throws what `run` threw where it has used up its time, or failed in another way
 */
export function withinBudget<T>(budgetMillis: number, run: (timeoutMillis: number) => T, used = threadMillis): T {
  let timeoutMillis = budgetMillis;
  for (let tries = 1; ; ) {
    const before = used();
    try {
      return run(timeoutMillis);
    } catch (error) {
      const hadItsTime = used() - before >= budgetMillis * FULL_SHARE;
      if (!isTimeout(error) || timeoutMillis >= budgetMillis * MOST_BUDGETS || (hadItsTime && tries === TRIES)) {
        throw error;
      }
      tries += hadItsTime ? 1 : 0;
      timeoutMillis *= hadItsTime ? 1 : 2;
    }
  }
}

/** An error of the script's own context is no `Error` of this one: https://nodejs.org/api/errors.html#err_script_execution_timeout */
function isTimeout(error: unknown): boolean {
  return isNativeError(error) && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
