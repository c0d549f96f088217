import * as z from 'zod';
import { awsFailure } from '../aws/failure.ts';
import { regionAdvice } from '../aws/region-advice.ts';
import type { AwsService, CallOptions } from '../aws/service.ts';
import { SluiceError } from '../errors.ts';
import type { MessageQueue, ReceivedMessage } from './port.ts';
import { sqsSender } from './sqs-sender.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html */
const message = z.object({
  MessageId: z.string(),
  ReceiptHandle: z.string(),
  Body: z.string(),
  Attributes: z.record(z.string(), z.string()).default({}),
  MessageAttributes: z.record(z.string(), z.object({ StringValue: z.string().optional() })).default({}),
});
const received = z.object({ Messages: z.array(message).nullish() });

const counts = z.object({
  Attributes: z.object({
    ApproximateNumberOfMessages: z.coerce.number(),
    ApproximateNumberOfMessagesNotVisible: z.coerce.number(),
  }),
});

/** What SQS says to a receipt handle of an earlier receive; the port has no error for it. */
const NOT_IN_FLIGHT: ReadonlySet<string> = new Set([
  'ReceiptHandleIsInvalid',
  'InvalidParameterValue',
  'MessageNotInflight',
]);

/** The longest time without an answer, besides what a receive waits for a message. */
const TIMEOUT_MILLIS = 5_000;

/** Both ends of an SQS queue. What moves to its dead-letter queue, and when, SQS knows by itself. */
export function sqsQueue(sqs: AwsService, queueUrl: string): MessageQueue {
  const call = async <T>(operation: string, input: object, reply: z.ZodType<T>, options?: CallOptions): Promise<T> => {
    try {
      return await sqs.call(operation, { QueueUrl: queueUrl, ...input }, reply, options);
    } catch (cause) {
      throw unavailable(queueUrl, operation, cause);
    }
  };
  const onReceipt = async (operation: string, input: object): Promise<void> => {
    try {
      await sqs.call(operation, { QueueUrl: queueUrl, ...input }, z.unknown());
    } catch (cause) {
      if (!NOT_IN_FLIGHT.has(awsFailure(cause).name)) {
        throw unavailable(queueUrl, operation, cause);
      }
    }
  };
  return {
    ...sqsSender(sqs, queueUrl),
    async receive({ max, visibilitySeconds, waitSeconds, signal }) {
      const ended = () => signal?.aborted === true;
      if (ended()) {
        return [];
      }
      const input = {
        MaxNumberOfMessages: max,
        VisibilityTimeout: visibilitySeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      };
      const timeoutMillis = waitSeconds * 1000 + TIMEOUT_MILLIS;
      try {
        const { Messages } = await call('ReceiveMessage', input, received, { timeoutMillis, signal });
        return (Messages ?? []).map(toMessage);
      } catch (error) {
        if (ended()) {
          return [];
        }
        throw error;
      }
    },
    delete: async (ReceiptHandle) => onReceipt('DeleteMessage', { ReceiptHandle }),
    changeVisibility: async (ReceiptHandle, VisibilityTimeout) =>
      onReceipt('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout }),
    async depth() {
      const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
      const { Attributes } = await call('GetQueueAttributes', { AttributeNames }, counts);
      return {
        visible: Attributes.ApproximateNumberOfMessages,
        inFlight: Attributes.ApproximateNumberOfMessagesNotVisible,
      };
    },
  };
}

function toMessage({
  MessageId,
  ReceiptHandle,
  Body,
  Attributes,
  MessageAttributes,
}: z.infer<typeof message>): ReceivedMessage {
  return {
    messageId: MessageId,
    body: Body,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).flatMap(([name, { StringValue }]) =>
        StringValue === undefined ? [] : [[name, StringValue]],
      ),
    ),
    receiptHandle: ReceiptHandle,
    receiveCount: Number(Attributes['ApproximateReceiveCount']),
    groupId: Attributes['MessageGroupId'],
    deduplicationId: Attributes['MessageDeduplicationId'],
    sentAt: Number(Attributes['SentTimestamp']),
    firstReceivedAt: Number(Attributes['ApproximateFirstReceiveTimestamp']),
  };
}

function unavailable(queueUrl: string, operation: string, cause: unknown): SluiceError {
  const { kind, found } = awsFailure(cause);
  const next = kind === 'denied' ? `Allow sqs:${operation} on it` : regionAdvice(cause);
  return new SluiceError({
    code: 'queue-unavailable',
    subject: `queue ${queueUrl.split('/').at(-1)}`,
    expected: 'the queue to answer',
    found,
    ...(next === undefined ? {} : { next }),
    retryable: kind === 'away',
    cause,
  });
}
