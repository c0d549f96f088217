import type { MiddlewareObj } from '@middy/core';
import { isRetryable } from '../errors.ts';
import type { Log } from '../log.ts';
import { reasonOf } from './partial-batch-failures.ts';
import type { MessageSender } from './port.ts';

/** What a message needs to become a dead letter. */
export interface DeadLetterPorts {
  readonly deadLetters: MessageSender;
  readonly log: Log;
}

/** Sends a message body that failed to the dead-letter queue, with the reason as an attribute. @throws SluiceError where that cannot be kept */
export async function sendToDeadLetters(
  body: string,
  error: unknown,
  { deadLetters, log }: DeadLetterPorts,
): Promise<void> {
  await deadLetters.send([{ body, attributes: { error: reasonOf(error) } }]);
  log.error('message goes to the dead-letter queue', { error });
}

/**
 * Middleware that sends an event to the dead-letter queue after an error that no retry mends. Lambda retries an
 * asynchronous invocation twice whatever the error was, so nothing is thrown then.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function deadLetterOnFailure(ports: DeadLetterPorts): MiddlewareObj<unknown, null> {
  return {
    async onError({ event, error }) {
      if (isRetryable(error)) {
        return undefined;
      }
      await sendToDeadLetters(JSON.stringify(event), error, ports);
      return null;
    },
  };
}
