import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsService } from '../../../shared/aws/service.ts';
import type { Log } from '../../../shared/log.ts';
import * as z from '../../../shared/schema.ts';

export interface WakeQueue {
  readonly sqs: AwsService;
  readonly url: string;
  readonly wake: () => void;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** The longest that SQS waits: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const WAIT_SECONDS = 20;
const MAX_MESSAGES = 10;
const TIMEOUT_MILLIS = 25_000;
/** After a fault; polls go on meanwhile. */
const PAUSE_MILLIS = 30_000;

const received = z.object({ Messages: z._default(z.array(z.object({ ReceiptHandle: z.string() })), []) });
const deleted = z.object({});

/** Takes messages from a queue of SQS until the signal ends it; each is a nudge, whatever it says. */
export async function wakeByQueue({ sqs, url: QueueUrl, wake, signal, log }: WakeQueue): Promise<void> {
  const receive = { QueueUrl, WaitTimeSeconds: WAIT_SECONDS, MaxNumberOfMessages: MAX_MESSAGES };
  while (!signal.aborted) {
    try {
      const { Messages } = await sqs.call('ReceiveMessage', receive, received, {
        timeoutMillis: TIMEOUT_MILLIS,
        attempts: 1,
        signal,
      });
      if (Messages.length > 0) {
        wake();
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
        await sqs.call('DeleteMessageBatch', { QueueUrl, Entries }, deleted, { signal });
      }
    } catch (error) {
      if (!signal.aborted) {
        log.warn('queue of nudges not read', { queue: QueueUrl, error });
        await sleep(PAUSE_MILLIS, undefined, { signal }).catch(() => {});
      }
    }
  }
}

/** `https://sqs.eu-central-1.amazonaws.com/…` names its region; undefined for another place than AWS. */
export function regionOfQueue(url: string): string | undefined {
  return /^sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(url).hostname)?.[1];
}
