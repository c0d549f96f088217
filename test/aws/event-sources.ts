import { setTimeout as sleep } from 'node:timers/promises';
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

/** SQS gives at most ten messages to a call. */
const MAX_MESSAGES = 10;
/** moto fails now and then where a receive waits while others send and delete; so none waits there, but here. */
const PAUSE_MILLIS = 100;

/**
 * Feeds queues to functions as the stack's event source mappings say.
 *
 * @param concurrency batches of one function at once, where its mapping allows as many
 */
export async function startEventSources(
  api: AwsApi,
  lambda: Pick<Lambda, 'invoke'>,
  mappings: readonly EventSourceMapping[],
  concurrency: number,
): Promise<EventSources> {
  const ended = new AbortController();
  for (const { id } of mappings) {
    // moto would deliver by itself, one message at a time with made-up attributes, into Docker.
    await api.rest('lambda', `/2015-03-31/event-source-mappings/${id}`, 'PUT', { Enabled: false });
  }
  const pollers = mappings.map(async (mapping) => {
    const most = Math.min(concurrency, mapping.maximumConcurrency ?? concurrency);
    const working = new Set<Promise<void>>();
    while (!ended.signal.aborted) {
      const messages = await receive(api, mapping);
      if (messages.length === 0) {
        await sleep(PAUSE_MILLIS);
        continue;
      }
      const work = workOn(messages, api, lambda, mapping).finally(() => working.delete(work));
      working.add(work);
      if (working.size >= most) {
        await Promise.race(working);
      }
    }
    await Promise.all(working);
  });
  return {
    async stop() {
      ended.abort();
      await Promise.all(pollers);
    },
  };
}

/** A batch, waited for as long as the mapping says once there is a first message. */
async function receive(
  api: AwsApi,
  { queueArn, batchSize, batchWindowSeconds }: EventSourceMapping,
): Promise<readonly SqsMessage[]> {
  const messages: SqsMessage[] = [];
  const deadline = performance.now() + batchWindowSeconds * 1000;
  do {
    const { Messages = [] } = await api.json<{ readonly Messages?: readonly SqsMessage[] }>(
      'AmazonSQS.ReceiveMessage',
      'sqs',
      {
        QueueUrl: urlOf(queueArn),
        MaxNumberOfMessages: Math.min(MAX_MESSAGES, batchSize - messages.length),
        WaitTimeSeconds: 0,
        AttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      },
    );
    messages.push(...Messages);
  } while (messages.length > 0 && messages.length < batchSize && performance.now() < deadline);
  return messages;
}

/** Invokes with a batch, and deletes what is done. */
async function workOn(
  messages: readonly SqsMessage[],
  api: AwsApi,
  lambda: Pick<Lambda, 'invoke'>,
  { queueArn, functionName, reportsItemFailures }: EventSourceMapping,
): Promise<void> {
  const event = { Records: messages.map((message) => toRecord(message, queueArn)) };
  const outcome = await lambda.invoke(functionName, JSON.stringify(event));
  // What failed stays hidden until its visibility timeout ends: Lambda does not change that.
  const failed =
    outcome?.failed === false ? failedOf(messages, reportsItemFailures ? outcome.payload : 'null') : messages;
  const done = messages.filter((message) => !failed.includes(message));
  for (let at = 0; at < done.length; at += MAX_MESSAGES) {
    const batch = done.slice(at, at + MAX_MESSAGES);
    await api.json('AmazonSQS.DeleteMessageBatch', 'sqs', {
      QueueUrl: urlOf(queueArn),
      Entries: batch.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    });
  }
}

function urlOf(queueArn: string): string {
  return `https://sqs/${ACCOUNT}/${queueArn.split(':').at(-1)}`;
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
