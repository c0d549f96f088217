import { setTimeout as sleep } from 'node:timers/promises';
import type { PushEvent } from './fleet.ts';

export interface PushSenderOptions {
  /** `http://127.0.0.1:PORT/push/distribution` */
  readonly url: string;
  readonly secret: string;
  /** As it names itself. */
  readonly registry: string;
  /** Requests at once. */
  readonly atOnce: number;
  /** Is told of each event that was taken. */
  readonly onAccepted: () => void;
}

const PAUSE_MILLIS = 50;

/**
 * Tells of pushes as Docker's registry does, each again until it is taken.
 *
 * @returns how often each other status was the answer
 * @see https://distribution.github.io/distribution/about/notifications/#responses
 */
export async function sendPushes(
  events: readonly PushEvent[],
  { url, secret, registry, atOnce, onAccepted }: PushSenderOptions,
): Promise<Readonly<Record<number, number>>> {
  const refusals: Record<number, number> = {};
  const waiting = events[Symbol.iterator]();
  const headers = { authorization: `Bearer ${secret}` };
  const sendAll = async () => {
    for (const event of waiting) {
      const body = JSON.stringify({ events: [envelopeOf(event, registry)] });
      for (;;) {
        const { status, body: answer } = await fetch(url, { method: 'POST', headers, body });
        await answer?.cancel();
        if (status === 202) {
          break;
        }
        refusals[status] = (refusals[status] ?? 0) + 1;
        await sleep(PAUSE_MILLIS);
      }
      onAccepted();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendAll));
  return refusals;
}

function envelopeOf({ id, service, tag }: PushEvent, host: string) {
  const timestamp = new Date().toISOString();
  return { id, action: 'push', timestamp, target: { repository: service.name, tag }, request: { host } };
}
