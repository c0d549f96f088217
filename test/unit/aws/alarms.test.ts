import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { alarms, UNPROVEN_PUSHES } from '../../../infra/aws/alarms.ts';
import { resourcesOf } from '../../../infra/aws/resources.ts';
import { readStackSettings } from '../../../infra/aws/settings.ts';
import { FUNCTIONS } from '../../../infra/aws/uses.ts';
import { configOf, KEY, params, settingsOf } from './deployed.ts';
import { type ToldLine, tellAll } from './told-lines.ts';
import { valueAt } from './value-at.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:pager';

interface Alarm {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Threshold: number;
  readonly AlarmActions?: unknown;
}

function alarmsWith(changes: Readonly<Record<string, unknown>> = {}): readonly Alarm[] {
  return Object.values(alarms(settingsOf(changes))).flatMap(({ Type, Properties }) =>
    Type === 'AWS::CloudWatch::Alarm' ? [Properties as unknown as Alarm] : [],
  );
}

const queue = (id: string) => ({ QueueName: { 'Fn::GetAtt': [id, 'QueueName'] } });
const lambda = (name: string) => ({ FunctionName: `sluice-prod-${name}` });

test.each([
  { name: 'pushes-dead', metric: 'ApproximateNumberOfMessagesVisible', of: queue('PushesDead'), from: 1 },
  { name: 'updates-dead', metric: 'ApproximateNumberOfMessagesVisible', of: queue('UpdatesDead'), from: 1 },
  { name: 'reports-dead', metric: 'ApproximateNumberOfMessagesVisible', of: queue('ReportsDead'), from: 1 },
  { name: 'events-dead', metric: 'ApproximateNumberOfMessagesVisible', of: queue('EventsDead'), from: 1 },
  { name: 'evaluate-policy-behind', metric: 'ApproximateAgeOfOldestMessage', of: queue('PushesQueue'), from: 1080 },
  { name: 'commit-image-behind', metric: 'ApproximateAgeOfOldestMessage', of: queue('UpdatesQueue'), from: 1080 },
  { name: 'receive-push-errors', metric: 'Errors', of: lambda('receive-push'), from: 1 },
  { name: 'evaluate-policy-errors', metric: 'Errors', of: lambda('evaluate-policy'), from: 1 },
  { name: 'commit-image-errors', metric: 'Errors', of: lambda('commit-image'), from: 1 },
  { name: 'sweep-errors', metric: 'Errors', of: lambda('sweep'), from: 1 },
  { name: 'report-apply-errors', metric: 'Errors', of: lambda('report-apply'), from: 1 },
  { name: 'push-url-errors', metric: '5xx', of: { ApiId: { Ref: 'HttpApi' } }, from: 1 },
  { name: 'unproven-pushes', metric: 'sluice-prod-unproven-pushes', of: {}, from: 1 },
])('$name: $metric from $from on', ({ name, metric, of, from }) => {
  const found = alarmsWith().find(({ AlarmName }) => AlarmName === `sluice-prod-${name}`);
  expect(found).toMatchObject({ MetricName: metric, Threshold: from, TreatMissingData: 'notBreaching' });
  expect(Object.fromEntries(found?.Dimensions.map(({ Name, Value }) => [Name, Value]) ?? [])).toEqual(of);
  expect(found?.AlarmDescription).toMatch(/sluice (replay|doctor) --target sluice-prod|[Qq]uer(y|ies) "/);
});

test('README names each, and each param', () => {
  const readme = readFileSync('README.md', 'utf8');
  const names = alarmsWith().map(({ AlarmName }) => AlarmName.replace('sluice-prod-', ''));
  const ofFunctions = new Set(FUNCTIONS.map((name) => `${name}-errors`));
  const told = names.map((name) => (ofFunctions.has(name) ? '<function>-errors' : name));
  expect(told.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  expect(['alarms', 'alarmTopic', 'alarmEmail', 'dashboard'].filter((name) => !readme.includes(`\`${name}\``))).toEqual(
    [],
  );
});

test('there are no more than serverless.yml names the price of', () => {
  expect(alarmsWith()).toHaveLength(13);
});

test('each dead-letter queue of a stack has one', () => {
  const dead = Object.entries(resourcesOf(configOf(), settingsOf()).Resources).filter(
    ([id, { Type }]) => Type === 'AWS::SQS::Queue' && id.endsWith('Dead'),
  );
  const watched = new Set(
    alarmsWith().flatMap(({ Dimensions }) => Dimensions.map(({ Value }) => JSON.stringify(Value))),
  );
  expect(dead).toHaveLength(4);
  expect(dead.filter(([id]) => !watched.has(JSON.stringify(queue(id).QueueName)))).toEqual([]);
});

describe('pushes without proof are counted', () => {
  let lines: readonly ToldLine[];
  beforeAll(async () => {
    lines = await tellAll();
  });

  test('by their own line alone, among all that the functions write', () => {
    const terms = [...UNPROVEN_PUSHES.matchAll(/\$\.([\w.]+) = "([^"]+)"/g)];
    expect(UNPROVEN_PUSHES).toBe(`{ ${terms.map(([term]) => term).join(' && ')} }`);
    const counted = lines.filter((line) => terms.every(([, path = '', text]) => valueAt(line, path) === text));
    expect(counted.length).toBeGreaterThan(0);
    expect(counted).toEqual(lines.filter((line) => JSON.stringify(line).includes('a wrong secret or signature')));
  });

  test('in the log of receive-push, and nothing is paid for while there are none', () => {
    const { Properties } = alarms(settingsOf())['UnprovenPushesFilter'] ?? {};
    expect(Properties).toMatchObject({ LogGroupName: { Ref: 'ReceiveDashpushLogGroup' } });
    expect(Properties?.['MetricTransformations']).toEqual([
      { MetricNamespace: 'Sluice', MetricName: 'sluice-prod-unproven-pushes', MetricValue: '1' },
    ]);
  });
});

describe('alarms tell', () => {
  test.each([
    { whom: 'nobody', changes: {}, actions: undefined },
    { whom: 'a topic', changes: { alarmTopic: TOPIC }, actions: [TOPIC] },
    { whom: 'an address', changes: { alarmEmail: 'ops@example.com' }, actions: [{ Ref: 'AlarmTopic' }] },
    {
      whom: 'both',
      changes: { alarmTopic: TOPIC, alarmEmail: 'ops@example.com' },
      actions: [TOPIC, { Ref: 'AlarmTopic' }],
    },
  ])('$whom', ({ changes, actions }) => {
    for (const { AlarmActions } of alarmsWith(changes)) {
      expect(AlarmActions).toEqual(actions);
    }
    expect('AlarmTopic' in alarms(settingsOf(changes))).toBe('alarmEmail' in changes);
  });

  test('an address by a topic that takes alarms of this stack alone, over TLS, encrypted by the key if there is one', () => {
    const made = alarms(settingsOf({ alarmEmail: 'ops@example.com', kmsKey: KEY }));
    expect(made['AlarmTopic']?.Properties).toEqual({ TopicName: 'sluice-prod-alarms', KmsMasterKeyId: KEY });
    expect(made['AlarmSubscription']?.Properties).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.com' });
    expect(made['AlarmTopicPolicy']?.Properties['PolicyDocument']).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Condition: {
            ArnLike: {
              'aws:SourceArn': {
                'Fn::Sub': `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:sluice-prod-*`,
              },
            },
          },
        },
        { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ],
    });
  });
});

test('where they are off there is nothing of them', () => {
  expect(alarms(settingsOf({ alarms: 'false' }))).toEqual({});
});

test.each([
  {
    what: 'an alarm that nobody makes',
    changes: { alarms: 'false', alarmEmail: 'ops@example.com' },
    fault: '--param alarms: expected true, for alarmTopic or alarmEmail is given',
  },
  {
    what: 'a topic by its name',
    changes: { alarmTopic: 'pager' },
    fault: '--param alarmTopic: expected the ARN of a topic of this region: arn:aws:sns:…',
  },
  {
    what: 'no address',
    changes: { alarmEmail: 'ops' },
    fault: '--param alarmEmail: expected an address: name@example.com',
  },
])('$what is a fault', ({ changes, fault }) => {
  expect(readStackSettings(params(changes)).faults).toEqual([fault]);
});
