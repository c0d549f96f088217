import { SluiceError } from '../../shared/errors.ts';
import { isoTime } from '../../shared/time.ts';

/** Longer than a call is on its way, and than clocks that are set by the network differ. */
const WINDOW_MILLIS = 5 * 60 * 1000;

/**
 * Refuses a delivery that was signed long ago, or by a clock that goes wrong: somebody who saw it sends it again.
 *
 * @param signedAt undefined where the sender does not say
 * @param now milliseconds since the epoch
 * @throws SluiceError `push-malformed`
 */
export function checkFresh(signedAt: string | undefined, now: number): void {
  const time = isoTime(signedAt);
  if (signedAt === undefined || (time !== undefined && Math.abs(now - Date.parse(time)) <= WINDOW_MILLIS)) {
    return;
  }
  throw new SluiceError({
    code: 'push-malformed',
    subject: 'push',
    expected: `a time within five minutes of ${new Date(now).toISOString()}`,
    found: time ?? 'no time',
    next: 'Send the time of the call itself, of a clock that is set.',
  });
}
