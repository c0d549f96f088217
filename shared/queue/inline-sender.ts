import type { MessageSender } from './port.ts';
import { type GiveUpPorts, giveUp } from './send-to-dead-letters.ts';

/**
 * A sender that hands each body to work that is done at once, one after the other: a function's own.
 *
 * @param ports `deadLetters` take what fails, with its reason
 */
export function sendingEach(work: (body: string) => Promise<unknown>, ports: GiveUpPorts): MessageSender {
  return {
    async send(messages) {
      for (const { body } of messages) {
        try {
          await work(body);
        } catch (error) {
          await giveUp(body, error, ports);
        }
      }
    },
  };
}
