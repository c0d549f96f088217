import { afterAll, beforeAll, expect, test } from 'vitest';
import { regionOfQueue, wakeByQueue } from '../../../../infra/agent/wake/queue.ts';
import type { Log } from '../../../../shared/log.ts';
import { type ScriptedAws, startAwsService } from '../../../fakes/aws-service.ts';
import { recordingLog } from '../../../fakes/recording.ts';

const url = 'https://sqs.eu-central-1.amazonaws.com/123456789012/nudges';
let aws: ScriptedAws;
let ended: AbortController;

beforeAll(async () => {
  const answers = [{ Messages: [{ ReceiptHandle: 'a', Body: '?' }, { ReceiptHandle: 'b' }] }, {}];
  aws = await startAwsService(({ operation }) => {
    if (operation === 'AmazonSQS.DeleteMessageBatch') {
      return { Successful: [] };
    }
    return answers.shift() ?? { error: 'AccessDenied', message: 'not authorized to perform: sqs:ReceiveMessage' };
  });
});
afterAll(() => aws.stop());

test('any message is a nudge, and is taken from the queue; a fault is told', async () => {
  ended = new AbortController();
  const { log, lines } = recordingLog();
  let nudges = 0;
  const nudge = () => {
    nudges += 1;
  };
  const telling: Log = {
    ...log,
    warn(message, fields) {
      log.warn(message, fields);
      ended.abort();
    },
  };
  const sqs = aws.account.service('sqs');
  await wakeByQueue({ sqs, url, wake: nudge, signal: ended.signal, log: telling });
  expect(nudges).toBe(1);
  expect(aws.calls.map(({ operation, input }) => [operation, input])).toEqual([
    ['AmazonSQS.ReceiveMessage', { QueueUrl: url, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }],
    [
      'AmazonSQS.DeleteMessageBatch',
      {
        QueueUrl: url,
        Entries: [
          { Id: '0', ReceiptHandle: 'a' },
          { Id: '1', ReceiptHandle: 'b' },
        ],
      },
    ],
    ['AmazonSQS.ReceiveMessage', expect.anything()],
    ['AmazonSQS.ReceiveMessage', expect.anything()],
  ]);
  expect(lines).toEqual([expect.objectContaining({ message: 'queue of nudges not read', queue: url })]);
});

test.each([
  { queue: url, region: 'eu-central-1' },
  { queue: 'https://sqs.cn-north-1.amazonaws.com.cn/1/nudges', region: 'cn-north-1' },
  { queue: 'http://127.0.0.1:9324/1/nudges', region: undefined },
])('$queue is in $region', ({ queue, region }) => {
  expect(regionOfQueue(queue)).toBe(region);
});
