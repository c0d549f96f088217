import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../shared/errors.ts';
import type { LoopSource } from '../loop-source.ts';

/**
 * Polls a repository until it answers once: a replica that stands by is ready when it could take over. Each fault is
 * logged once, until another one comes.
 */
export async function waitUntilReached(
  source: Pick<LoopSource, 'pollMillis' | 'log'> & { head(): Promise<unknown> },
  signal: AbortSignal,
): Promise<void> {
  let logged: string | undefined;
  while (!signal.aborted) {
    try {
      await source.head();
      return;
    } catch (error) {
      if (messageOf(error) !== logged) {
        source.log.error('repository not reached', { error });
        logged = messageOf(error);
      }
    }
    await sleep(source.pollMillis, undefined, { signal }).catch(() => {});
  }
}
