import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { SluiceError } from '../../../shared/errors.ts';
import { silentLog } from '../../../shared/log.ts';
import { type ConsumePorts, eachRecord, partialBatchFailures } from '../../../shared/queue/partial-batch-failures.ts';
import type { OutgoingMessage } from '../../../shared/queue/port.ts';

const passing = new SluiceError({ code: 'git-unavailable', subject: 'host h', found: '503', retryable: true });
const lasting = new SluiceError({ code: 'message-invalid', subject: 'message m', found: 'no JSON' });

function record(messageId: string, receives: number, groupId?: string): SQSRecord {
  return {
    messageId,
    receiptHandle: 'r',
    body: `body of ${messageId}`,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: 's',
      ApproximateFirstReceiveTimestamp: '0',
      ...(groupId === undefined ? {} : { MessageGroupId: groupId, MessageDeduplicationId: 'd' }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn',
    awsRegion: 'r',
  };
}

async function run(event: SQSEvent, errors: Readonly<Record<string, unknown>>, deadLettersFail = false) {
  const dead: OutgoingMessage[] = [];
  const hidden: (readonly [string, number])[] = [];
  const ports: ConsumePorts = {
    async hide(receiptHandle, seconds) {
      hidden.push([receiptHandle, seconds]);
      throw new Error('SQS is away');
    },
    maxReceives: 5,
    log: silentLog,
    deadLetters: {
      async send(messages) {
        if (deadLettersFail) {
          throw new Error('no dead letters today');
        }
        dead.push(...messages);
      },
    },
  };
  const work = eachRecord(async ({ messageId }) => {
    if (messageId in errors) {
      throw errors[messageId];
    }
  });
  const handler = middy<SQSEvent>(async ({ Records }: SQSEvent) => work(Records)).use(partialBatchFailures(ports));
  const answer: SQSBatchResponse = await handler(event, lambdaContext('test', 10_000));
  return { backs: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), dead, hidden };
}

describe('one message', () => {
  test.each([
    { what: 'done', errors: {}, receives: 1, backs: [], reason: undefined },
    { what: 'a passing fault', errors: { m: passing }, receives: 4, backs: ['m'], reason: undefined },
    {
      what: 'a passing fault for the last time',
      errors: { m: passing },
      receives: 5,
      backs: [],
      reason: 'host h: 503',
    },
    { what: 'a lasting fault', errors: { m: lasting }, receives: 1, backs: [], reason: 'message m: no JSON' },
    { what: 'a fault nobody foresaw', errors: { m: new TypeError('x') }, receives: 1, backs: ['m'], reason: undefined },
    { what: 'the same for the last time', errors: { m: new TypeError('x') }, receives: 5, backs: [], reason: 'x' },
    { what: 'something thrown that is no error', errors: { m: 'text' }, receives: 5, backs: [], reason: 'text' },
  ])('$what at receive $receives', async ({ errors, receives, backs, reason }) => {
    const result = await run({ Records: [record('m', receives)] }, errors);
    expect(result.backs).toEqual(backs);
    expect(result.dead).toEqual(reason === undefined ? [] : [{ body: 'body of m', attributes: { error: reason } }]);
  });
});

const asking = (retryAfterSeconds: number) =>
  new SluiceError({ code: 'git-unavailable', subject: 'h', found: '429', retryable: true, retryAfterSeconds });

test.each([
  { what: 'a first fault', error: passing, receives: 1, seconds: 5 },
  { what: 'a second', error: passing, receives: 2, seconds: 30 },
  { what: 'a third, which waits for the time of the queue', error: passing, receives: 3, seconds: undefined },
  { what: 'a fault nobody foresaw', error: new TypeError('x'), receives: 1, seconds: 5 },
  { what: 'a host that asks for more', error: asking(59.5), receives: 1, seconds: 60 },
  { what: 'a host that asks for less', error: asking(1), receives: 2, seconds: 30 },
  { what: 'a host that asks at last', error: asking(90), receives: 4, seconds: 90 },
  { what: 'a host that asks for a day', error: asking(86_400), receives: 1, seconds: 3600 },
  { what: 'the last time', error: passing, receives: 5, seconds: undefined },
  { what: 'a lasting fault', error: lasting, receives: 1, seconds: undefined },
])('after $what it is hidden for $seconds seconds, if that can be had', async ({ error, receives, seconds }) => {
  const { hidden } = await run({ Records: [record('m', receives)] }, { m: error });
  expect(hidden).toEqual(seconds === undefined ? [] : [['r', seconds]]);
});

test('of a batch only those that failed go back', async () => {
  const Records = ['a', 'b', 'c'].map((id) => record(id, 1));
  expect(await run({ Records }, { b: passing, c: lasting })).toMatchObject({
    backs: ['b'],
    dead: [{ body: 'body of c', attributes: { error: 'message m: no JSON' } }],
  });
});

test('a dead letter of a FIFO queue keeps its group, under an id of its own', async () => {
  const { dead } = await run({ Records: [record('m', 1, 'g')] }, { m: lasting });
  expect(dead).toEqual([expect.objectContaining({ groupId: 'g', deduplicationId: 'm' })]);
});

test('a dead-letter queue that takes nothing: the message goes back', async () => {
  expect(await run({ Records: [record('m', 5)] }, { m: lasting }, true)).toMatchObject({ backs: ['m'], dead: [] });
});

test('a reason that is a whole log is cut', async () => {
  const { dead } = await run({ Records: [record('m', 5)] }, { m: new Error('x'.repeat(100_000)) });
  expect(dead[0]?.attributes?.['error']).toHaveLength(2000);
});
