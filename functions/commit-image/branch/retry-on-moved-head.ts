import { setTimeout as sleep } from 'node:timers/promises';
import { isSluiceError } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';

/** A moved head is met by deciding again on the new one, so many times and with a pause of up to so long. */
const ATTEMPTS = 6;
const LONGEST_PAUSE_MILLIS = 800;

/** Does work that begins with a look at a head, again where the head moved meanwhile. */
export async function retryOnMovedHead<T>(work: () => Promise<T>, log: Log): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isSluiceError(error, 'git-head-moved') || attempt === ATTEMPTS) {
        throw error;
      }
      log.info('head moved', { attempt, reason: error.message });
      await sleep(Math.random() * Math.min(LONGEST_PAUSE_MILLIS, 50 * 2 ** attempt));
    }
  }
}
