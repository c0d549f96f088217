import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { ACCOUNT, type AwsApi, REGION } from './aws-api.ts';
import type { Lambda } from './lambda.ts';
import type { EventSourceMapping } from './stack.ts';

/** Lambda's pollers of the queues. */
export interface EventSources {
  /** Takes no more, and waits for the batches in work. */
  stop(): Promise<void>;
}

/** A message as ReceiveMessage gives it. */
export interface SqsMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<
    Record<string, { readonly StringValue?: string; readonly DataType: 'String' | 'Number' | 'Binary' }>
  >;
}

/** Lambda polls with five at first, and the least that a maximum concurrency may be is two. */
const POLLERS = 2;
/** SQS gives at most ten messages to a call. */
const MAX_MESSAGES = 10;
const WAIT_SECONDS = 1;

/** Feeds queues to functions as the stack's event source mappings say. */
export async function startEventSources(
  api: AwsApi,
  lambda: Pick<Lambda, 'invoke'>,
  mappings: readonly EventSourceMapping[],
): Promise<EventSources> {
  const ended = new AbortController();
  for (const { id } of mappings) {
    // moto would deliver by itself, one message at a time with made-up attributes, into Docker.
    await api.rest('lambda', `/2015-03-31/event-source-mappings/${id}`, 'PUT', { Enabled: false });
  }
  const pollers = mappings.flatMap((mapping) =>
    Array.from({ length: Math.min(POLLERS, mapping.maximumConcurrency ?? POLLERS) }, async () => {
      while (!ended.signal.aborted) {
        await pollOnce(api, lambda, mapping);
      }
    }),
  );
  return {
    async stop() {
      ended.abort();
      await Promise.all(pollers);
    },
  };
}

async function pollOnce(
  api: AwsApi,
  lambda: Pick<Lambda, 'invoke'>,
  { queueArn, functionName, batchSize, batchWindowSeconds, reportsItemFailures }: EventSourceMapping,
): Promise<void> {
  const QueueUrl = `https://sqs/${ACCOUNT}/${queueArn.split(':').at(-1)}`;
  const sqs = async <T>(action: string, parameters: object) =>
    api.json<T>(`AmazonSQS.${action}`, 'sqs', { QueueUrl, ...parameters });
  const messages: SqsMessage[] = [];
  const deadline = performance.now() + batchWindowSeconds * 1000;
  do {
    const { Messages = [] } = await sqs<{ readonly Messages?: readonly SqsMessage[] }>('ReceiveMessage', {
      MaxNumberOfMessages: Math.min(MAX_MESSAGES, batchSize - messages.length),
      WaitTimeSeconds: WAIT_SECONDS,
      AttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    messages.push(...Messages);
  } while (messages.length > 0 && messages.length < batchSize && performance.now() < deadline);
  if (messages.length === 0) {
    return;
  }
  const event = { Records: messages.map((message) => toRecord(message, queueArn)) };
  const outcome = await lambda.invoke(functionName, JSON.stringify(event));
  // What failed stays hidden until its visibility timeout ends: Lambda does not change that.
  const failed =
    outcome?.failed === false ? failedOf(messages, reportsItemFailures ? outcome.payload : 'null') : messages;
  const done = messages.filter((message) => !failed.includes(message));
  for (let at = 0; at < done.length; at += MAX_MESSAGES) {
    const batch = done.slice(at, at + MAX_MESSAGES);
    await sqs('DeleteMessageBatch', {
      Entries: batch.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    });
  }
}

/**
 * The messages that a function's answer names; all of them where it names one that is not in the batch.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function failedOf(messages: readonly SqsMessage[], payload: string): readonly SqsMessage[] {
  const answer = JSON.parse(payload) as SQSBatchResponse | null;
  const ids = new Set(answer?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
  const isKnown = ids.isSubsetOf(new Set(messages.map(({ MessageId }) => MessageId)));
  return isKnown ? messages.filter(({ MessageId }) => ids.has(MessageId)) : messages;
}

/** A message as Lambda hands it over: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export function toRecord(message: SqsMessage, queueArn: string): SQSRecord {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue = '', DataType }]) => [
        name,
        { stringValue: StringValue, dataType: DataType },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: REGION,
  };
}
