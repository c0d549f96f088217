import { AsyncLocalStorage } from 'node:async_hooks';

/** The limit of the work that is going on. */
const current = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs work that has an end: its requests are cancelled by the signal, and where it does not notice, it is not waited
 * for any longer.
 *
 * @throws the signal's reason once it is aborted
 */
export async function withinLimit<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = () => reject(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([current.run(signal, work), ended]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/**
 * The same for a number of milliseconds.
 *
 * @param late makes the error of work that took longer
 */
export async function withinMillis<T>(millis: number, late: () => unknown, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(late()), millis);
  try {
    return await withinLimit(ended.signal, work);
  } finally {
    clearTimeout(timer);
  }
}

/** The signal of one request: its own time, and that of the work which it is a part of. */
export function requestSignal(timeoutMillis: number): AbortSignal {
  const own = AbortSignal.timeout(timeoutMillis);
  const limit = current.getStore();
  return limit === undefined ? own : AbortSignal.any([own, limit]);
}

/** Ends when the work does that this is a part of; undefined where that has no limit. */
export function limitSignal(): AbortSignal | undefined {
  return current.getStore();
}
