import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { MessageQueue, ReceivedMessage } from '../../../shared/queue/port.ts';

/** A function that takes batches of messages. One that answers nothing has done all of its batch. */
export type BatchHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse | undefined>;

export interface PollerSettings {
  readonly name: string;
  readonly queue: MessageQueue;
  readonly handler: BatchHandler;
  /** A new one for each batch; a function that is not done when its time is up has failed. */
  readonly context: () => Context;
  /** How many batches are worked on at once. */
  readonly concurrency: number;
  readonly visibilitySeconds: number;
  readonly log: Log;
}

export interface Poller {
  /** Takes no more messages, and waits for those in work; no longer than a function may take. */
  stop(): Promise<void>;
}

const BATCH = 10;
const WAIT_SECONDS = 20;
/** A message that failed comes back after 1 second, then 5, 25, 125: an outage of two minutes is sat out. */
const FIRST_PAUSE_SECONDS = 1;
const PAUSE_GROWTH = 5;
const LONGEST_PAUSE_SECONDS = 300;
const PAUSE_AFTER_FAULT_MILLIS = 1000;

/**
 * Feeds a queue to a function as Lambda's event source mapping does: batches of up to ten, partial batch responses,
 * and all of a batch back where the function throws, takes too long, or names a message that is not in the batch.
 *
 * On AWS a function hides a failed message itself; here that is done for it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function startPoller(settings: PollerSettings): Poller {
  const ended = new AbortController();
  const workers = Array.from({ length: settings.concurrency }, async () => {
    while (!ended.signal.aborted) {
      try {
        await pollOnce(settings, ended.signal);
      } catch (error) {
        settings.log.error('queue did not answer', { queue: settings.name, error });
        await sleep(PAUSE_AFTER_FAULT_MILLIS, undefined, { signal: ended.signal }).catch(() => {});
      }
    }
  });
  return {
    async stop() {
      ended.abort();
      await Promise.all(workers);
    },
  };
}

async function pollOnce(settings: PollerSettings, signal: AbortSignal) {
  const { queue, visibilitySeconds } = settings;
  const messages = await queue.receive({ max: BATCH, visibilitySeconds, waitSeconds: WAIT_SECONDS, signal });
  if (messages.length === 0) {
    return;
  }
  const { failed, reason } = await invoke(messages, settings);
  for (const message of messages) {
    if (failed.has(message.messageId)) {
      await queue.changeVisibility(message.receiptHandle, pauseSeconds(message), reason);
    } else {
      await queue.delete(message.receiptHandle);
    }
  }
}

interface Answer {
  /** Ids of messages. */
  readonly failed: ReadonlySet<string>;
  /** Why all of the batch failed; a function does not tell why a single message did. */
  readonly reason?: string;
}

async function invoke(messages: readonly ReceivedMessage[], settings: PollerSettings): Promise<Answer> {
  const { name, handler, context, log } = settings;
  const batch = new Set(messages.map(({ messageId }) => messageId));
  try {
    const event = { Records: messages.map((message) => toRecord(message, name)) };
    const response = await inTime(handler, event, context());
    const failed = new Set(response?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
    if (!failed.isSubsetOf(batch)) {
      throw new Error(`function named a message that is not in its batch: ${[...failed.difference(batch)].join(', ')}`);
    }
    return { failed };
  } catch (error) {
    log.error('function failed', { queue: name, error });
    return { failed: batch, reason: messageOf(error) };
  }
}

async function inTime(handler: BatchHandler, event: SQSEvent, context: Context) {
  const ended = new AbortController();
  const millis = context.getRemainingTimeInMillis();
  const timeout = sleep(millis, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`function did not end within ${millis / 1000} seconds`);
  });
  try {
    return await Promise.race([handler(event, context), timeout]);
  } finally {
    ended.abort();
    timeout.catch(() => {});
  }
}

function pauseSeconds({ receiveCount }: ReceivedMessage): number {
  return Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * PAUSE_GROWTH ** (receiveCount - 1));
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
function toRecord(message: ReceivedMessage, queue: string): SQSRecord {
  const { groupId, deduplicationId } = message;
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: 'local',
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
      ...(deduplicationId === undefined ? {} : { MessageDeduplicationId: deduplicationId }),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([key, value]) => [key, { stringValue: value, dataType: 'String' }]),
    ),
    md5OfBody: createHash('md5').update(message.body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:local:000000000000:${queue}`,
    awsRegion: 'local',
  };
}
