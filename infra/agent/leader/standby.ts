import { setTimeout as sleep } from 'node:timers/promises';

/** Looks until it succeeds once: a replica that stands by is ready when it could take over. Its faults are told by `look`. */
export async function lookUntilReached(
  look: () => Promise<unknown>,
  pauseMillis: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const isReached = await look().then(
      () => true,
      () => false,
    );
    if (isReached) {
      return;
    }
    await sleep(pauseMillis, undefined, { signal }).catch(() => {});
  }
}
