import type { Hold } from '../../shared/hold/hold.ts';
import { delayedPush } from '../../shared/queue/delayed-push.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import type { OutgoingMessage } from '../../shared/queue/port.ts';
import { imageOf } from './evaluate-push.ts';

/** A push, and what holds it back in all repositories together. */
export interface HeldPush {
  readonly push: ImagePush;
  readonly holds: readonly Hold[];
}

/**
 * The pushes once more, each when the first of what holds it ends; others hold it again then. One message for each,
 * however many repositories hold it: every message is decided at all of them, so that several would double with each
 * hold that follows on another. Of those that waited before one is enough for an image: the newest goes by any.
 *
 * @param now milliseconds since the epoch
 */
export function pushesAfterHolds(held: readonly HeldPush[], now: number): readonly OutgoingMessage[] {
  const waited = new Set<string>();
  return held.flatMap(({ push, holds }) => {
    const ends = holds.flatMap(({ until }) => until ?? []);
    const later = delayedPush(push, ends.length === 0 ? undefined : Math.min(...ends), now);
    if (later === undefined || waited.has(imageOf(push))) {
      return [];
    }
    if (push.heldUntil !== undefined) {
      waited.add(imageOf(push));
    }
    return [later];
  });
}
