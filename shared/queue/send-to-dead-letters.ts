import type { MiddlewareObj } from '@middy/core';
import { isRetryable } from '../errors.ts';
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

/**
 * Middleware of a function that Lambda invokes twice more, whatever it failed of: what no other try mends is not thrown,
 * but is a dead letter at once.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function givingUp(ports: GiveUpPorts): MiddlewareObj<unknown, null> {
  return {
    async onError({ event, error }) {
      if (isRetryable(error)) {
        return undefined;
      }
      await giveUp(JSON.stringify(event), error, ports);
      return null;
    },
  };
}
