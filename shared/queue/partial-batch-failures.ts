import type { MiddlewareObj } from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { isRetryable, messageOf, SluiceError } from '../errors.ts';
import type { Log, LogFields } from '../log.ts';
import type { MessageSender } from './port.ts';

/** A dead letter's reason may quote another program's output, and has to fit into a message beside its body. */
const LONGEST_REASON = 2000;

export interface ConsumePorts {
  /** Where a message goes that fails for good; its reason goes with it. */
  readonly deadLetters: MessageSender;
  /** How often the queue delivers a message before it gives up on it (`maxReceiveCount`). */
  readonly maxReceives: number;
  /** Hides a message that goes back for so many seconds; left out where whoever feeds the function does that itself. */
  readonly hide?: (receiptHandle: string, seconds: number) => Promise<void>;
  readonly log: Log;
}

/** The failure of one message; absent where all of it is done. */
export type MessageResult =
  | {
      readonly error: unknown;
      /** The body of what is left of it where a part is done. */
      readonly left?: string;
      /** What it is about, for the log. */
      readonly about?: LogFields;
    }
  | undefined;

/**
 * Middleware of a handler that gives the outcome of each record, in their order: answers with a partial batch response.
 * What may succeed later goes back to the queue, what failed for good or too often goes to the dead-letter queue with
 * its reason. Nothing is dropped: where even that queue does not take it, the message goes back.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function partialBatchFailures(ports: ConsumePorts): MiddlewareObj<SQSEvent> {
  return {
    async after(request) {
      const outcomes: readonly MessageResult[] = request.response;
      const settled = await Promise.all(
        request.event.Records.map(async (record, index) => settle(record, outcomes[index], ports)),
      );
      request.response = { batchItemFailures: settled.flat() } satisfies SQSBatchResponse;
    },
  };
}

/** What the answer says of one message: nothing where its queue need not keep it. */
async function settle(
  record: SQSRecord,
  outcome: MessageResult,
  { deadLetters, maxReceives, hide, log }: ConsumePorts,
): Promise<SQSBatchResponse['batchItemFailures']> {
  if (outcome === undefined) {
    return [];
  }
  const { error, left, about } = outcome;
  const receives = Number(record.attributes.ApproximateReceiveCount);
  const told = { messageId: record.messageId, receives, ...about, error };
  if (isRetryable(error) && receives < maxReceives) {
    const seconds = pauseSeconds(error, receives);
    log.warn('message goes back to its queue', { ...told, ...(seconds !== undefined && { seconds }) });
    if (seconds !== undefined) {
      // Where it cannot be done it comes back after the queue's own time.
      await hide?.(record.receiptHandle, seconds).catch(() => {});
    }
    return [{ itemIdentifier: record.messageId }];
  }
  try {
    await deadLetters.send([deadLetter({ ...record, body: left ?? record.body }, error)]);
    log.error('message goes to the dead-letter queue', told);
    return [];
  } catch (refused) {
    log.error('dead-letter queue refused a message', { ...told, refused: messageOf(refused) });
    return [{ itemIdentifier: record.messageId }];
  }
}

/**
 * After the first failures a message comes back soon: in a FIFO queue all that is behind it waits. Later ones wait for
 * the queue's visibility timeout, which sits out longer outages.
 */
const PAUSES_SECONDS = [5, 30];
const LONGEST_PAUSE_SECONDS = 3600;

/** How long a message that failed stays hidden; undefined for the queue's own time. */
function pauseSeconds(error: unknown, receives: number): number | undefined {
  const pause = PAUSES_SECONDS[receives - 1];
  const asked = error instanceof SluiceError ? error.retryAfterSeconds : undefined;
  return asked === undefined ? pause : Math.min(LONGEST_PAUSE_SECONDS, Math.ceil(Math.max(asked, pause ?? asked)));
}

interface Numbered<T> {
  readonly index: number;
  readonly message: T;
}

/**
 * Reads every record, and works on those that can be read together; one that cannot be read fails alone.
 *
 * @param work the outcome of each message, in their order; it may throw, which fails all of them
 * @param describe what a message that failed is about, for the log
 */
export function allTogether<T>(
  read: (record: SQSRecord) => T,
  work: (messages: readonly T[]) => Promise<readonly MessageResult[]>,
  describe: (message: T) => LogFields,
) {
  return async (records: readonly SQSRecord[]): Promise<readonly MessageResult[]> => {
    const outcomes: MessageResult[] = records.map(() => undefined);
    const readable: Numbered<T>[] = [];
    records.forEach((record, index) => {
      try {
        readable.push({ index, message: read(record) });
      } catch (error) {
        outcomes[index] = { error };
      }
    });
    const worked = await work(readable.map(({ message }) => message)).catch((error: unknown) =>
      readable.map(() => ({ error })),
    );
    readable.forEach(({ index, message }, at) => {
      const outcome = worked[at];
      outcomes[index] = outcome && { ...outcome, about: describe(message) };
    });
    return outcomes;
  };
}

/** Does work for each record by itself, all at once. */
export function eachRecord(work: (record: SQSRecord) => Promise<void>) {
  return async (records: readonly SQSRecord[]): Promise<readonly MessageResult[]> => {
    const settled = await Promise.allSettled(records.map(work));
    return settled.map((one) => (one.status === 'rejected' ? { error: one.reason } : undefined));
  };
}

/** Why a message is a dead letter, as it goes with it. */
export function reasonOf(error: unknown): string {
  return messageOf(error).slice(0, LONGEST_REASON);
}

function deadLetter({ body, messageId, attributes }: SQSRecord, error: unknown) {
  const { MessageGroupId: groupId } = attributes;
  return {
    body,
    attributes: { error: reasonOf(error) },
    ...(groupId === undefined ? {} : { groupId, deduplicationId: messageId }),
  };
}
