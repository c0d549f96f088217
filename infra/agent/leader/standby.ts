import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';

export interface StandbyPorts {
  readonly head: () => Promise<unknown>;
  readonly pollMillis: number;
  readonly log: Log;
}

/**
 * Looks at a repository until it succeeds once: a replica that stands by is ready when it could take over. Each fault is
 * told once, until another one comes.
 */
export async function waitUntilReached({ head, pollMillis, log }: StandbyPorts, signal: AbortSignal): Promise<void> {
  let told: string | undefined;
  while (!signal.aborted) {
    try {
      await head();
      return;
    } catch (error) {
      if (messageOf(error) !== told) {
        log.error('repository not reached', { error });
        told = messageOf(error);
      }
    }
    await sleep(pollMillis, undefined, { signal }).catch(() => {});
  }
}
