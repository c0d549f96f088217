import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Log } from '../../../shared/log.ts';
import type { MessageQueue, ReceivedMessage } from '../../../shared/queue/port.ts';

/** A function that takes batches of messages. */
export type BatchHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

export interface PollerSettings {
  readonly name: string;
  readonly queue: MessageQueue;
  readonly handler: BatchHandler;
  readonly context: () => Context;
  /** How many batches are worked on at once. */
  readonly concurrency: number;
  readonly visibilitySeconds: number;
  readonly log: Log;
}

export interface Poller {
  /** Takes no more messages, and waits for those in work. */
  stop(): Promise<void>;
}

const BATCH = 10;
const WAIT_SECONDS = 20;
/** A message that failed comes back after this, then after twice that, and so on up to the longest. */
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 60;
const PAUSE_AFTER_FAULT_MILLIS = 1000;

/**
 * Feeds a queue to a function as Lambda's event source mapping does: batches of up to ten, partial batch responses,
 * and all of a batch back where the function throws.
 *
 * On AWS a failed message stays hidden until its visibility timeout ends; here the pause grows with each receive.
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

async function pollOnce({ name, queue, handler, context, visibilitySeconds, log }: PollerSettings, signal: AbortSignal) {
  const messages = await queue.receive({ max: BATCH, visibilitySeconds, waitSeconds: WAIT_SECONDS, signal });
  if (messages.length === 0) {
    return;
  }
  const failed = await failuresOf(messages, name, async (event) => handler(event, context()), log);
  for (const message of messages) {
    if (failed.has(message.messageId)) {
      await queue.changeVisibility(message.receiptHandle, pauseSeconds(message));
    } else {
      await queue.delete(message.receiptHandle);
    }
  }
}

async function failuresOf(
  messages: readonly ReceivedMessage[],
  name: string,
  handle: (event: SQSEvent) => Promise<SQSBatchResponse>,
  log: Log,
): Promise<ReadonlySet<string>> {
  try {
    const response = await handle({ Records: messages.map((message) => toRecord(message, name)) });
    return new Set(response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  } catch (error) {
    log.error('function failed', { queue: name, error });
    return new Set(messages.map(({ messageId }) => messageId));
  }
}

function pauseSeconds({ receiveCount }: ReceivedMessage): number {
  return Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (receiveCount - 1));
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
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:local:000000000000:${queue}`,
    awsRegion: 'local',
  };
}
