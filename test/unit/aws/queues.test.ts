import { describe, expect, test } from 'vitest';
import { queues } from '../../../infra/aws/queues.ts';
import { KEY, settingsOf } from './deployed.ts';

const settings = settingsOf({ maxReceives: '3' });
const made = queues(settings, false);
const FOURTEEN_DAYS = 1_209_600;

describe('a queue that feeds a function', () => {
  test.each([
    { id: 'PushesQueue', dead: 'PushesDead', name: 'sluice-prod-pushes', feeds: 'evaluate-policy', fifo: {} },
    {
      id: 'UpdatesQueue',
      dead: 'UpdatesDead',
      name: 'sluice-prod-updates.fifo',
      feeds: 'commit-image',
      fifo: { FifoQueue: true },
    },
  ] as const)('$id', ({ id, dead, name, feeds, fifo }) => {
    expect(made[id]).toEqual({
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: name,
        ...fifo,
        VisibilityTimeout: 6 * settings.sizes[feeds].timeout,
        ReceiveMessageWaitTimeSeconds: 20,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [dead, 'Arn'] }, maxReceiveCount: 3 },
        SqsManagedSseEnabled: true,
      },
    });
  });
});

describe('a dead-letter queue keeps what it has as long as SQS keeps anything', () => {
  test.each([
    { id: 'PushesDead', name: 'sluice-prod-pushes-dead', fifo: {} },
    { id: 'UpdatesDead', name: 'sluice-prod-updates-dead.fifo', fifo: { FifoQueue: true } },
    { id: 'ReportsDead', name: 'sluice-prod-reports-dead', fifo: {} },
    { id: 'EventsDead', name: 'sluice-prod-events-dead', fifo: {} },
  ])('$id', ({ id, name, fifo }) => {
    expect(made[id]).toEqual({
      Type: 'AWS::SQS::Queue',
      Properties: { QueueName: name, ...fifo, MessageRetentionPeriod: FOURTEEN_DAYS, SqsManagedSseEnabled: true },
    });
  });
});

const typed = (resources: ReturnType<typeof queues>, type: string) =>
  Object.entries(resources).filter(([, { Type }]) => Type === type);

test('each queue is reached over TLS only', () => {
  const policies = typed(made, 'AWS::SQS::QueuePolicy');
  expect(policies.map(([id]) => id)).toEqual(typed(made, 'AWS::SQS::Queue').map(([id]) => `${id}Policy`));
  for (const [id, { Properties }] of policies) {
    const queue = id.replace(/Policy$/, '');
    expect(Properties).toEqual({
      Queues: [{ Ref: queue }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'OverTlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sqs:*',
            Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
  }
});

test('each queue is encrypted by the key where there is one', () => {
  for (const [, { Properties }] of typed(queues(settingsOf({ kmsKey: KEY }), false), 'AWS::SQS::Queue')) {
    expect(Properties).toMatchObject({ KmsMasterKeyId: KEY });
    expect(Properties).not.toHaveProperty('SqsManagedSseEnabled');
  }
});

test('EventBridge may leave what it could not deliver, by the one rule only', () => {
  expect(queues(settings, true)['EventsDeadPolicy']?.Properties['PolicyDocument']).toMatchObject({
    Statement: [
      { Sid: 'OverTlsOnly' },
      {
        Sid: 'UndeliveredEvents',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: { 'Fn::GetAtt': ['EventsDead', 'Arn'] },
        Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['EcrRule', 'Arn'] } } },
      },
    ],
  });
});
