import { awsFailure, isThrottling } from '../aws/failure.ts';
import type { AwsService } from '../aws/service.ts';
import { SluiceError } from '../errors.ts';
import * as z from '../schema.ts';
import type { MessageSender, OutgoingMessage } from './port.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const MAX_ENTRIES = 10;
/** The same page's limit for a whole batch, with room left for attributes. */
const MAX_BATCH_BYTES = 240 * 1024;

/** What no part of a message may hold: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html */
const batchResult = z.object({
  Failed: z._default(
    z.array(z.partial(z.object({ Code: z.string(), Message: z.string(), SenderFault: z.boolean() }))),
    [],
  ),
});

/** Faults of a whole call that lie in its messages: the same messages will not be taken later either. */
const FAULTS_OF_MESSAGES: ReadonlySet<string> = new Set([
  'BatchRequestTooLong',
  'InvalidMessageContents',
  'InvalidParameterValue',
  'MissingParameter',
  'MissingRequiredParameterException',
  'UnsupportedOperation',
]);

/** The sending end of an SQS queue. Order is kept: a batch is sent once the one before it is in. */
export function sqsSender(sqs: AwsService, queueUrl: string): MessageSender {
  return {
    async send(messages) {
      for (const batch of batches(messages)) {
        const Entries = batch.map(toEntry);
        const { Failed: failed } = await sqs
          .call('SendMessageBatch', { QueueUrl: queueUrl, Entries }, batchResult)
          .catch((cause: unknown) => {
            const { name, found } = awsFailure(cause);
            throw refused(queueUrl, found, !FAULTS_OF_MESSAGES.has(name), cause);
          });
        const [first] = failed;
        if (first !== undefined) {
          const found = `${failed.length} of ${Entries.length} refused: ${first.Code}: ${first.Message}`;
          throw refused(queueUrl, found, !failed.some(isFaultOfMessage));
        }
      }
    },
  };
}

/** Too many requests are the sender's fault to AWS too, and pass. */
function isFaultOfMessage({ SenderFault = false, Code = '' }: z.infer<typeof batchResult>['Failed'][number]): boolean {
  return SenderFault && !isThrottling(Code);
}

function batches(messages: readonly OutgoingMessage[]): readonly (readonly OutgoingMessage[])[] {
  const result: OutgoingMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body);
    const last = result.at(-1);
    if (last === undefined || last.length === MAX_ENTRIES || bytes + size > MAX_BATCH_BYTES) {
      result.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }
  return result;
}

function toEntry({ body, groupId, deduplicationId, delaySeconds, attributes = {} }: OutgoingMessage, index: number) {
  return {
    Id: String(index),
    MessageBody: body,
    MessageGroupId: groupId,
    MessageDeduplicationId: deduplicationId,
    DelaySeconds: delaySeconds,
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes)
        // An attribute is text for people, and may come from another program's output; an empty one is refused.
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [name, { DataType: 'String', StringValue: value.replace(FORBIDDEN, '\u{FFFD}') }]),
    ),
  };
}

function refused(queueUrl: string, found: string, retryable: boolean, cause?: unknown): SluiceError {
  return new SluiceError({
    code: 'queue-unavailable',
    subject: `queue ${queueUrl.split('/').at(-1)}`,
    expected: 'the queue to take the messages',
    found,
    retryable,
    cause,
  });
}
