import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { awsAccount } from '../../../shared/aws/account.ts';
import type { MessageSender, OutgoingMessage } from '../../../shared/queue/port.ts';
import { sqsSender } from '../../../shared/queue/sqs-sender.ts';

/** What is read of a call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
interface SendMessageBatch {
  readonly Entries?: readonly {
    readonly Id: string;
    readonly MessageBody: string;
    readonly MessageAttributes?: object;
  }[];
}

/** One reply of the stub, to the next call. */
interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const calls: { readonly target: string | undefined; readonly request: SendMessageBatch }[] = [];
const replies: Reply[] = [];
let server: Server;
let sender: MessageSender;

function senderAt(endpoint: string): MessageSender {
  const account = awsAccount({
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  return sqsSender(account.service('sqs'), 'https://sqs.eu-west-1.amazonaws.com/123456789012/updates.fifo');
}

/** Speaks SQS's JSON protocol, and takes every message where no other reply is set. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const call = {
      target: request.headers['x-amz-target']?.toString(),
      request: (await json(request)) as SendMessageBatch,
    };
    calls.push(call);
    const taken = (call.request.Entries ?? []).map(({ Id }) => ({ Id, MessageId: `m${Id}`, MD5OfMessageBody: '' }));
    const { status, body } = replies.shift() ?? { status: 200, body: { Successful: taken } };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  sender = senderAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  calls.length = 0;
  replies.length = 0;
});
afterAll(() => {
  server.close();
});

const bodiesOf = ({ request }: { readonly request: SendMessageBatch }) =>
  (request.Entries ?? []).map(({ MessageBody }) => MessageBody);
const messages = (count: number, body = (index: number) => String(index)): readonly OutgoingMessage[] =>
  Array.from({ length: count }, (_, index) => ({ body: body(index) }));

test('a message with all its parts', async () => {
  await sender.send([{ body: '{}', groupId: 'g', deduplicationId: 'd', attributes: { error: 'why' } }]);
  expect(calls).toEqual([
    {
      target: 'AmazonSQS.SendMessageBatch',
      request: {
        QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/updates.fifo',
        Entries: [
          {
            Id: '0',
            MessageBody: '{}',
            MessageGroupId: 'g',
            MessageDeduplicationId: 'd',
            MessageAttributes: { error: { DataType: 'String', StringValue: 'why' } },
          },
        ],
      },
    },
  ]);
});

test.each([
  { text: '', attributes: {} },
  {
    text: 'a\u0000b\u001B[31m\uFFFF',
    attributes: { error: { DataType: 'String', StringValue: 'a\uFFFDb\uFFFD[31m\uFFFD' } },
  },
  { text: 'zwei\nZeilen 🚢', attributes: { error: { DataType: 'String', StringValue: 'zwei\nZeilen 🚢' } } },
])('an attribute of $text is such that SQS takes it', async ({ text, attributes }) => {
  await sender.send([{ body: '{}', attributes: { error: text } }]);
  expect(calls[0]?.request.Entries?.[0]?.MessageAttributes).toEqual(attributes);
});

test.each([
  { what: 'none', sent: messages(0), batches: [] },
  { what: 'ten', sent: messages(10), batches: [10] },
  { what: 'eleven', sent: messages(11), batches: [10, 1] },
  { what: 'three of 100 KiB', sent: messages(3, () => 'x'.repeat(100 * 1024)), batches: [2, 1] },
  { what: 'three of 50 KiB letters of two bytes', sent: messages(3, () => 'ü'.repeat(50 * 1024)), batches: [2, 1] },
  {
    what: 'a small one and two of the largest',
    sent: messages(3, (i) => 'x'.repeat(i === 0 ? 1 : 256 * 1024)),
    batches: [1, 1, 1],
  },
])('$what: calls of $batches, in order', async ({ sent, batches }) => {
  await sender.send(sent);
  expect(calls.map((call) => bodiesOf(call).length)).toEqual(batches);
  expect(calls.flatMap(bodiesOf)).toEqual(sent.map(({ body }) => body));
});

const failed = (...entries: readonly { readonly SenderFault: boolean; readonly Code: string }[]): Reply => ({
  status: 200,
  body: {
    Failed: entries.map(({ SenderFault, Code }, index) => ({
      Id: String(index),
      Message: 'as it is',
      SenderFault,
      Code,
    })),
  },
});
const fault = (status: number, type: string): Reply => ({
  status,
  body: { __type: `com.amazonaws.sqs#${type}`, message: 'as it is' },
});

test.each([
  {
    what: 'a message that the service could not take',
    reply: failed({ SenderFault: false, Code: 'InternalError' }),
    retryable: true,
    found: '1 of 2 refused: InternalError: as it is',
  },
  {
    what: 'a message that came too soon, which is told as its fault',
    reply: failed({ SenderFault: true, Code: 'KMS.ThrottlingException' }),
    retryable: true,
    found: '1 of 2 refused: KMS.ThrottlingException: as it is',
  },
  {
    what: 'a message at fault behind one that is not',
    reply: failed({ SenderFault: false, Code: 'InternalError' }, { SenderFault: true, Code: 'InvalidMessageContents' }),
    retryable: false,
    found: '2 of 2 refused: InternalError: as it is',
  },
  {
    what: 'too much',
    reply: fault(400, 'BatchRequestTooLong'),
    retryable: false,
    found: 'BatchRequestTooLong: as it is',
  },
  { what: 'throttling', reply: fault(400, 'RequestThrottled'), retryable: true, found: 'RequestThrottled: as it is' },
  {
    what: 'no such queue yet',
    reply: fault(400, 'QueueDoesNotExist'),
    retryable: true,
    found: 'QueueDoesNotExist: as it is',
  },
  {
    what: 'rights that are missing',
    reply: fault(403, 'AccessDeniedException'),
    retryable: true,
    found: 'AccessDeniedException: as it is',
  },
  {
    what: 'a fault of the service',
    reply: fault(500, 'InternalFailure'),
    retryable: true,
    found: 'InternalFailure: as it is',
  },
])('$what: retryable $retryable', async ({ reply, retryable, found }) => {
  // What may pass is tried three times.
  replies.push(reply, reply, reply);
  await expect(sender.send(messages(2))).rejects.toMatchObject({
    code: 'queue-unavailable',
    retryable,
    message: `queue updates.fifo: expected the queue to take the messages, found ${found}`,
  });
});

test('after a batch that failed no later one is sent', async () => {
  replies.push(failed({ SenderFault: false, Code: 'InternalError' }));
  await expect(sender.send(messages(30))).rejects.toMatchObject({ code: 'queue-unavailable' });
  expect(calls).toHaveLength(1);
});

test('a fault that passes is not seen', async () => {
  replies.push(fault(500, 'InternalFailure'), fault(400, 'RequestThrottled'));
  await sender.send(messages(2));
  expect(calls.map(bodiesOf)).toEqual([
    ['0', '1'],
    ['0', '1'],
    ['0', '1'],
  ]);
});

test('a service that is out of reach: retryable', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => {
    closed.listen(0, '127.0.0.1', resolve);
  });
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await expect(senderAt(`http://127.0.0.1:${port}`).send(messages(1))).rejects.toMatchObject({
    code: 'queue-unavailable',
    retryable: true,
    message: expect.stringMatching(
      /^queue updates.fifo: expected the queue to take the messages, found .*ECONNREFUSED/,
    ),
  });
});
