import type { MessageSender } from './port.ts';

/** A sender that hands each body to work that is done at once, one after the other: a function's own. */
export function sendingEach(work: (body: string) => Promise<unknown>): MessageSender {
  return {
    async send(messages) {
      for (const { body } of messages) {
        await work(body);
      }
    },
  };
}
