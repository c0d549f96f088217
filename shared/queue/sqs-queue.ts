import { awsFailure } from '../aws/failure.ts';
import { regionAdvice } from '../aws/region-advice.ts';
import type { AwsService, CallOptions } from '../aws/service.ts';
import { SluiceError } from '../errors.ts';
import * as z from '../schema.ts';
import type { MessageQueue, ReceivedMessage } from './port.ts';
import { sqsSender } from './sqs-sender.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html */
const message = z.object({
  MessageId: z.string(),
  ReceiptHandle: z.string(),
  Body: z.string(),
  Attributes: z._default(z.record(z.string(), z.string()), {}),
  MessageAttributes: z._default(z.record(z.string(), z.object({ StringValue: z.optional(z.string()) })), {}),
});
const received = z.object({ Messages: z.nullish(z.array(message)) });

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

/** Returns both ends of an SQS queue. What moves to its dead-letter queue, and when, SQS knows by itself. */
export function sqsQueue(sqs: AwsService, queueUrl: string): MessageQueue {
  return new SqsQueue(sqs, queueUrl);
}

/** What is public are fields, so that `{ ...queue }` has them too. */
class SqsQueue implements MessageQueue {
  readonly send: MessageQueue['send'];
  readonly #sqs: AwsService;
  readonly #url: string;

  constructor(sqs: AwsService, url: string) {
    const sender = sqsSender(sqs, url);
    this.send = async (messages) => sender.send(messages);
    this.#sqs = sqs;
    this.#url = url;
  }

  readonly receive: MessageQueue['receive'] = async ({ max, visibilitySeconds, waitSeconds, signal }) => {
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
      const { Messages } = await this.#call('ReceiveMessage', input, received, { timeoutMillis, signal });
      return (Messages ?? []).map(toMessage);
    } catch (error) {
      if (ended()) {
        return [];
      }
      throw error;
    }
  };

  readonly delete: MessageQueue['delete'] = async (ReceiptHandle) =>
    this.#onReceipt('DeleteMessage', { ReceiptHandle });

  readonly changeVisibility: MessageQueue['changeVisibility'] = async (ReceiptHandle, VisibilityTimeout) =>
    this.#onReceipt('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout });

  readonly depth: MessageQueue['depth'] = async () => {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
    const { Attributes } = await this.#call('GetQueueAttributes', { AttributeNames }, counts);
    return {
      visible: Attributes.ApproximateNumberOfMessages,
      inFlight: Attributes.ApproximateNumberOfMessagesNotVisible,
    };
  };

  async #call<T>(operation: string, input: object, reply: z.ZodMiniType<T>, options?: CallOptions): Promise<T> {
    try {
      return await this.#sqs.call(operation, { QueueUrl: this.#url, ...input }, reply, options);
    } catch (cause) {
      throw unavailable(this.#url, operation, cause);
    }
  }

  /** A receipt handle that is no longer in flight is no fault. */
  async #onReceipt(operation: string, input: object): Promise<void> {
    try {
      await this.#sqs.call(operation, { QueueUrl: this.#url, ...input }, z.unknown());
    } catch (cause) {
      if (!NOT_IN_FLIGHT.has(awsFailure(cause).name)) {
        throw unavailable(this.#url, operation, cause);
      }
    }
  }
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
