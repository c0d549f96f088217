import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { awsAccount } from '../../shared/aws/account.ts';
import { sqsQueue } from '../../shared/queue/sqs-queue.ts';
import { type AwsApi, awsApi } from '../aws/aws-api.ts';
import { startElasticMq } from '../aws/elasticmq.ts';
import { type AwsEmulator, startMoto } from '../aws/moto.ts';
import { describeDeadLetters } from './dead-letters.ts';
import type { QueueOptions } from './opened-queue.ts';
import { describeQueue } from './queue.ts';

/**
 * The rules of SQS on what pretends to be it. `differences` are those that it does not keep; each is seen to fail there.
 *
 * What the suite does not see, since it makes one call after the other:
 * - moto loses what is sent while a message of the same queue is deleted, and may answer 500 to a receive that waits
 *   while its queue changes; `aws-proxy.ts` gives it one call of a queue at a time;
 * - neither throttles or is ever away, which `aws-load.real.test.ts` makes up;
 * - neither gives a message twice by itself, which AWS may for a standard queue.
 */
describe.each([
  {
    name: 'SQS of moto',
    start: startMoto,
    differences: {
      'an old receipt handle neither deletes nor gives back what was received again': 'it deletes',
      'an ended timeout gives the whole group back in order': 'the first of a group comes after the others',
      'dead letters of a group are in their order': 'the first of a group comes after the others',
      'the id of a deleted message still counts': 'it is forgotten with its message',
    },
  },
  {
    name: 'SQS of ElasticMQ',
    start: startElasticMq,
    differences: {
      'a dead letter in the way does not hide what waits behind it': 'a receive that moves some gives less',
      'a batch that comes again is in order, whatever order it went back in':
        'a group gives one while another of it is in flight',
    },
  },
])('$name', ({ name, start, differences }) => {
  let emulator: AwsEmulator;
  let api: AwsApi;
  beforeAll(async () => {
    emulator = await start();
    api = awsApi(emulator.url);
  }, 120_000);
  afterAll(async () => emulator.stop());

  const open = async ({ fifo, maxReceives }: QueueOptions) => {
    const sqs = awsAccount(emulator.environment).service('sqs');
    const end = `${randomUUID()}${fifo ? '.fifo' : ''}`;
    const kind = fifo ? { FifoQueue: 'true' } : {};
    const deadLetters = await createQueue(`dead-${end}`, kind);
    const { Attributes } = await api.json<{ Attributes: { QueueArn: string } }>('AmazonSQS.GetQueueAttributes', 'sqs', {
      QueueUrl: deadLetters,
      AttributeNames: ['QueueArn'],
    });
    const redrive = { deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: maxReceives };
    const queue = await createQueue(`work-${end}`, {
      ...kind,
      ...(maxReceives === undefined ? {} : { RedrivePolicy: JSON.stringify(redrive) }),
    });
    return {
      queue: sqsQueue(sqs, queue),
      deadLetters: sqsQueue(sqs, deadLetters),
      advance: async (millis: number) => sleep(millis),
      async close() {
        for (const QueueUrl of [queue, deadLetters]) {
          await api.json('AmazonSQS.DeleteQueue', 'sqs', { QueueUrl });
        }
      },
    };
  };
  const createQueue = async (QueueName: string, Attributes: Readonly<Record<string, string>>) =>
    (await api.json<{ QueueUrl: string }>('AmazonSQS.CreateQueue', 'sqs', { QueueName, Attributes })).QueueUrl;

  describeQueue(name, open, { reasons: false, differences });
  describeDeadLetters(name, open);
});
