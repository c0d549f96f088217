import { describe, expect, test } from 'vitest';
import { cacheTable } from '../../../infra/aws/cache-table.ts';
import { functionOptions } from '../../../infra/aws/function-options.ts';
import { httpApiLogs, httpApiOptions } from '../../../infra/aws/http-api.ts';
import { KEY, settingsOf } from './deployed.ts';

const FUNCTIONS = ['ReceiveDashpush', 'EvaluateDashpolicy', 'CommitDashimage', 'Sweep', 'ReportDashapply'];
const each = (suffix: string, Properties: object) =>
  Object.fromEntries(FUNCTIONS.map((name) => [`${name}${suffix}`, { Properties }]));

describe('options of the functions', () => {
  test('by default commit-image alone has capacity kept, and one more for its operator', () => {
    expect(functionOptions(settingsOf({ commitConcurrency: '7' }))).toEqual({
      CommitDashimageLambdaFunction: { Properties: { ReservedConcurrentExecutions: 8 } },
    });
  });

  test.each([
    { what: 'none', told: {}, made: {} },
    {
      what: 'a key, for the environment and the logs',
      told: { kmsKey: KEY },
      made: { ...each('LambdaFunction', { KmsKeyArn: KEY }), ...each('LogGroup', { KmsKeyId: KEY }) },
    },
    {
      what: 'a VPC',
      told: { subnets: 'subnet-1,subnet-2', securityGroups: 'sg-1' },
      made: each('LambdaFunction', { VpcConfig: { SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] } }),
    },
  ])('$what', ({ told, made }) => {
    expect(functionOptions(settingsOf({ reserveConcurrency: 'false', ...told }))).toEqual(made);
  });
});

test('the HTTP API takes no more than is told, and logs each request', () => {
  const { HttpApiStage } = httpApiOptions(settingsOf({ pushRate: '7', pushBurst: '9' }));
  expect(HttpApiStage?.Properties).toEqual({
    AccessLogSettings: {
      DestinationArn: { 'Fn::GetAtt': ['HttpApiLogs', 'Arn'] },
      Format: expect.stringContaining('"status":"$context.status"'),
    },
    DefaultRouteSettings: { DetailedMetricsEnabled: false, ThrottlingBurstLimit: 9, ThrottlingRateLimit: 7 },
  });
});

test.each([
  { what: 'without a key', told: {}, key: {} },
  { what: 'with one', told: { kmsKey: KEY }, key: { KmsKeyId: KEY } },
])('the log of its requests is kept as long as others, $what', ({ told, key }) => {
  expect(httpApiLogs(settingsOf({ logRetention: '7', ...told }))).toEqual({
    HttpApiLogs: {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: '/aws/http-api/sluice-prod', RetentionInDays: 7, ...key },
    },
  });
});

test.each([
  { what: "by DynamoDB's own key", told: {}, key: {} },
  {
    what: 'by a key',
    told: { kmsKey: KEY },
    key: { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KEY } },
  },
])('the cache is paid by request, emptied by age, and encrypted $what', ({ told, key }) => {
  expect(cacheTable(settingsOf(told))).toEqual({
    CacheTable: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'sluice-prod-cache',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
        ...key,
      },
    },
  });
});
