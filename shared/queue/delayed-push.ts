import type { ImagePush } from './messages.ts';
import { MAX_DELAY_SECONDS, type OutgoingMessage } from './port.ts';

/**
 * How many seconds a message has to wait for the end of a hold; undefined where that is longer than one can, or is to.
 * Then a sweep finds what is to go.
 *
 * @param until when the hold ends, in milliseconds since the epoch; undefined where somebody has to end it
 * @param now milliseconds since the epoch
 * @param mostSeconds that it is to wait
 */
export function delayUntil(
  until: number | undefined,
  now: number,
  mostSeconds = MAX_DELAY_SECONDS,
): number | undefined {
  const seconds = until === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil((until - now) / 1000));
  return seconds > Math.min(mostSeconds, MAX_DELAY_SECONDS) ? undefined : seconds;
}

/** A push that comes when a hold ends, by which the newest goes; undefined where none is to wait so long. */
export function delayedPush(
  push: ImagePush,
  until: number | undefined,
  now: number,
  mostSeconds?: number,
): OutgoingMessage | undefined {
  const delaySeconds = delayUntil(until, now, mostSeconds);
  return until === undefined || delaySeconds === undefined
    ? undefined
    : { body: JSON.stringify({ ...push, heldUntil: new Date(until).toISOString() }), delaySeconds };
}
