import type { MessageSender } from './port.ts';
import { type DeadLetterPorts, sendToDeadLetters } from './send-to-dead-letters.ts';

/**
 * Returns a sender that runs the work on each body at once, one after the other, in the place of a queue.
 *
 * @param ports `deadLetters` take what fails, with its reason
 */
export function inlineSender(work: (body: string) => Promise<unknown>, ports: DeadLetterPorts): MessageSender {
  return {
    async send(messages) {
      for (const { body } of messages) {
        try {
          await work(body);
        } catch (error) {
          await sendToDeadLetters(body, error, ports);
        }
      }
    },
  };
}
