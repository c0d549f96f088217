import { describe, expect, test } from 'vitest';
import { resourcesOf } from '../../../infra/aws/resources.ts';
import { configOf, ECR, settingsOf } from './deployed.ts';

const fromEcr = configOf({ registries: [`host: ${ECR}, push: { source: ecr }`] });

describe('what is told after a deployment', () => {
  test.each([
    {
      name: 'PushUrl',
      value: {
        'Fn::Join': [
          '',
          [
            'https://',
            { Ref: 'HttpApi' },
            '.execute-api.',
            { Ref: 'AWS::Region' },
            '.',
            { Ref: 'AWS::URLSuffix' },
            '/push',
          ],
        ],
      },
    },
    { name: 'ReportFunctionArn', value: { 'Fn::GetAtt': ['ReportDashapplyLambdaFunction', 'Arn'] } },
    { name: 'UpdatesDeadUrl', value: { Ref: 'UpdatesDead' } },
    { name: 'EcrRuleName', value: { Ref: 'EcrRule' } },
  ])('$name', ({ name, value }) => {
    expect(resourcesOf(fromEcr, settingsOf()).Outputs[name]?.Value).toEqual(value);
  });
});

test("ECR's rule is there, and may leave what it cannot deliver, only where a registry asks for it", () => {
  const without = resourcesOf(configOf(), settingsOf());
  const added = Object.keys(resourcesOf(fromEcr, settingsOf()).Resources).filter((id) => !(id in without.Resources));
  expect(added).toEqual(['EcrRule', 'EcrRulePermission']);
  expect(without.Outputs).not.toHaveProperty('EcrRuleName');
  expect(JSON.stringify(without.Resources['EventsDeadPolicy'])).not.toContain('EcrRule');
});

test('operators have an alias of report-apply, whose ARN is none that the policy of agents names', () => {
  expect(resourcesOf(configOf(), settingsOf()).Resources['ReportApplyOperator']).toEqual({
    Type: 'AWS::Lambda::Alias',
    Properties: {
      Name: 'operator',
      Description: expect.any(String),
      FunctionName: { Ref: 'ReportDashapplyLambdaFunction' },
      FunctionVersion: '$LATEST',
    },
  });
});
