import { describe, expect, test } from 'vitest';
import { ecrEvents, tellsOfEcr } from '../../../infra/aws/ecr-events.ts';
import { configOf, ECR, settingsOf } from './deployed.ts';

const elsewhere = '210987654321.dkr.ecr.us-east-1.amazonaws.com';
const told = (host: string) => `host: ${host}, push: { source: ecr }`;

describe('there is no rule', () => {
  test.each([
    { why: 'no registry of ECR', registries: ['host: ghcr.io, push: { source: ghcr, secret: ssm:/sluice/push }'] },
    { why: 'one whose events nobody wants', registries: [`host: ${ECR}`] },
    {
      why: 'one whose pushes a CI job tells',
      registries: [`host: ${ECR}, push: { source: generic, secret: ssm:/sluice/push }`],
    },
  ])('for $why', ({ registries }) => {
    const config = configOf({ registries });
    expect({ tells: tellsOfEcr(config), made: ecrEvents(config, settingsOf()) }).toEqual({ tells: false, made: {} });
  });
});

test('a rule takes successful pushes of the configured registries, each once', () => {
  const config = configOf({
    registries: [told(ECR), told(elsewhere), told(ECR.replace('eu-central-1', 'us-east-1')), 'host: ghcr.io'],
  });
  expect(tellsOfEcr(config)).toBe(true);
  expect(ecrEvents(config, settingsOf())).toEqual({
    EcrRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'sluice-prod-ecr',
        Description: 'Pushes to ECR, for receive-push',
        State: 'ENABLED',
        EventPattern: {
          source: ['aws.ecr'],
          'detail-type': ['ECR Image Action'],
          account: ['123456789012', '210987654321'],
          region: ['eu-central-1', 'us-east-1'],
          detail: { 'action-type': ['PUSH'], result: ['SUCCESS'] },
        },
        Targets: [
          {
            Id: 'receive-push',
            Arn: { 'Fn::GetAtt': ['ReceiveDashpushLambdaFunction', 'Arn'] },
            RetryPolicy: { MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 60 },
            DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['EventsDead', 'Arn'] } },
          },
        ],
      },
    },
    EcrRulePermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: 'ReceiveDashpushLambdaFunction' },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['EcrRule', 'Arn'] },
      },
    },
  });
});
