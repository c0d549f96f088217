import type { Log } from '../log.ts';
import { reasonOf } from './partial-batch-failures.ts';
import type { MessageSender } from './port.ts';

/** Where a function puts what it does not try again. */
export interface GiveUpPorts {
  readonly deadLetters: MessageSender;
  readonly log: Log;
}

/** Makes a dead letter of a body that failed, with its reason. @throws SluiceError where that cannot be kept */
export async function giveUp(body: string, error: unknown, { deadLetters, log }: GiveUpPorts): Promise<void> {
  await deadLetters.send([{ body, attributes: { error: reasonOf(error) } }]);
  log.error('message goes to the dead-letter queue', { error });
}
