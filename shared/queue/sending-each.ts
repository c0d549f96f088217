import type { Log } from '../log.ts';
import { reasonOf } from './consume.ts';
import type { MessageSender } from './port.ts';

/**
 * A sender that hands each body to work that is done at once, one after the other: a function's own.
 *
 * @param ports `deadLetters` take what fails, with its reason
 */
export function sendingEach(
  work: (body: string) => Promise<unknown>,
  { deadLetters, log }: { readonly deadLetters: MessageSender; readonly log: Log },
): MessageSender {
  return {
    async send(messages) {
      for (const { body } of messages) {
        try {
          await work(body);
        } catch (error) {
          await deadLetters.send([{ body, attributes: { error: reasonOf(error) } }]);
          log.error('message goes to the dead-letter queue', { error });
        }
      }
    },
  };
}
