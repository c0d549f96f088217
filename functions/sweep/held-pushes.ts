import { delayedPush } from '../../shared/queue/delayed-push.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import type { MessageSender } from '../../shared/queue/port.ts';

export interface HeldPushesOptions {
  readonly pushes: MessageSender;
  /** Between two sweeps. */
  readonly everySeconds?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Queues what a sweep finds held, for when that ends: an image once for each end. The push is decided at every site of
 * the image, and held anew at each that is held for longer.
 */
export class HeldPushes {
  readonly #options: HeldPushesOptions;
  readonly #sent = new Map<string, Promise<void>>();

  constructor(options: HeldPushesOptions) {
    this.#options = options;
  }

  /**
   * Queues a push for the end of what holds it, if that was not done for another site; false where no message is to wait
   * so long.
   *
   * @param until in milliseconds since the epoch
   * @throws SluiceError where the queue does not take it; it is sent again for the next site then
   */
  async send(push: ImagePush, until: number | undefined): Promise<boolean> {
    const { pushes, everySeconds, now } = this.#options;
    const message = delayedPush(push, until, now(), everySeconds);
    if (message === undefined) {
      return false;
    }
    const key = JSON.stringify([push.registry, push.repository, until]);
    const sending = this.#sent.get(key) ?? pushes.send([message]);
    this.#sent.set(key, sending);
    try {
      await sending;
    } catch (error) {
      this.#sent.delete(key);
      throw error;
    }
    return true;
  }
}
