import middy, { type MiddyfiedHandler } from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { LogFields } from '../log.ts';
import type { z } from '../schema.ts';
import { readMessage } from './messages.ts';
import { allTogether, type ConsumePorts, type MessageResult, partialBatchFailures } from './partial-batch-failures.ts';

/** The outcome of each message, in their order. */
export type BatchWork<T> = (messages: readonly T[], millisLeft: () => number) => Promise<readonly MessageResult[]>;

/**
 * A handler that works on the messages of a batch together, and answers with those that have to come back.
 *
 * @param queue its name, for what is said of a message that cannot be read
 * @param describe what a message that failed is about, for the log
 */
export function batchHandler<T>(
  queue: string,
  schema: z.ZodMiniType<T>,
  work: BatchWork<T>,
  describe: (message: T) => LogFields,
  ports: ConsumePorts,
): MiddyfiedHandler<SQSEvent, SQSBatchResponse> {
  return middy<SQSEvent>(async ({ Records }: SQSEvent, context: Context) => {
    const together = allTogether(
      ({ body }) => readMessage(schema, body, `message of queue ${queue}`),
      async (messages) => work(messages, () => context.getRemainingTimeInMillis()),
      describe,
    );
    return together(Records);
  }).use(partialBatchFailures(ports));
}
