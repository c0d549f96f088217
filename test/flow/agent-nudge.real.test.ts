import { afterAll, beforeAll, expect, test } from 'vitest';
import { wakeByQueue } from '../../infra/agent/wake/queue.ts';
import { awsAccount } from '../../shared/aws/account.ts';
import { silentLog } from '../../shared/log.ts';
import { type AwsApi, awsApi } from '../aws/aws-api.ts';
import { startElasticMq } from '../aws/elasticmq.ts';
import type { AwsEmulator } from '../aws/moto.ts';

let emulator: AwsEmulator;
let api: AwsApi;
beforeAll(async () => {
  emulator = await startElasticMq();
  api = awsApi(emulator.url);
});
afterAll(async () => emulator?.stop());

test('a message in a queue is one nudge, and is gone then', async () => {
  const { QueueUrl } = await api.json<{ QueueUrl: string }>('AmazonSQS.CreateQueue', 'sqs', {
    QueueName: 'nudges',
  });
  const ended = new AbortController();
  let nudges = 0;
  const taking = wakeByQueue({
    sqs: awsAccount(emulator.environment).service('sqs'),
    url: QueueUrl,
    wake: () => {
      nudges += 1;
    },
    signal: ended.signal,
    log: silentLog,
  });
  await api.json('AmazonSQS.SendMessage', 'sqs', { QueueUrl, MessageBody: 'main moved' });
  await expect.poll(() => nudges).toBe(1);
  const left = async () => {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
    const { Attributes } = await api.json<{ Attributes: Record<string, string> }>(
      'AmazonSQS.GetQueueAttributes',
      'sqs',
      {
        QueueUrl,
        AttributeNames: names,
      },
    );
    return names.map((name) => Attributes[name]);
  };
  await expect.poll(left, { timeout: 10_000 }).toEqual(['0', '0']);
  expect(nudges).toBe(1);
  ended.abort();
  await taking;
});
