import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Value } from '../../../infra/aws/intrinsics.ts';
import { roles } from '../../../infra/aws/roles.ts';
import { statementsOf } from '../../../infra/aws/statements.ts';
import { FUNCTIONS } from '../../../infra/aws/uses.ts';
import type { Config } from '../../../shared/config/schema.ts';
import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import { configOf, ECR, KEY, SECRETS_KEY, settingsOf } from './deployed.ts';

const resourceSchema = z.union([
  z.string(),
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).transform((one) => one['Fn::GetAtt'].join()),
  z.object({ 'Fn::Sub': z.string() }).transform((one) => one['Fn::Sub']),
]);
const OWN = /^arn:\$\{AWS::Partition\}:(\w+):\$\{AWS::Region\}:\$\{AWS::AccountId\}:/;

/** A resource in short: `PushesQueue,Arn`, or the service and what follows the account of this stack. */
function short(resource: Value): string {
  return resourceSchema.parse(resource).replace(OWN, '$1:');
}

/** What a role allows: `action resource`, sorted. */
function rightsOf(name: FunctionName, config: Config, told: Readonly<Record<string, unknown>> = {}): readonly string[] {
  const rights = statementsOf(name, config, settingsOf(told)).flatMap(({ Effect, Action, Resource }) =>
    Action.flatMap((action) => Resource.map((one) => `${Effect === 'Deny' ? 'not ' : ''}${action} ${short(one)}`)),
  );
  return rights.toSorted();
}

const logs = (name: FunctionName) =>
  ['CreateLogStream', 'PutLogEvents'].map(
    (action) => `logs:${action} logs:log-group:/aws/lambda/sluice-prod-${name}:log-stream:*`,
  );
const received = (queue: string) =>
  ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].map(
    (action) => `sqs:${action} ${queue},Arn`,
  );
const deadLetters = (queue: string) => [...received(queue), `sqs:SendMessage ${queue},Arn`];
const cache = ['dynamodb:GetItem CacheTable,Arn', 'dynamodb:PutItem CacheTable,Arn'];
const send = (queue: string) => `sqs:SendMessage ${queue},Arn`;
const read = (...names: readonly string[]) => names.map((name) => `ssm:GetParameter ssm:parameter/${name}`);

const config = configOf({
  repositories: [
    'url: https://gitlab.com/acme/shop.git, credentials: ssm:/sluice/write, readCredentials: ssm:/sluice/read',
    'url: "git@git.example.com:acme/shop.git", credentials: ssm:/sluice/key, knownHosts: ssm:/sluice/hosts',
  ],
  registries: ['host: ghcr.io, push: { source: ghcr, secret: ssm:/sluice/push }, credentials: ssm:registry'],
  rest: 'notifications: [{ webhook: ssm:/sluice/chat }]',
});

describe('a role allows what its function does, and nothing else', () => {
  test.each<{ name: FunctionName; rights: readonly string[] }>([
    {
      name: 'receive-push',
      rights: [...logs('receive-push'), send('PushesQueue'), ...deadLetters('EventsDead'), ...read('sluice/push')],
    },
    {
      name: 'evaluate-policy',
      rights: [
        ...logs('evaluate-policy'),
        ...received('PushesQueue'),
        send('PushesQueue'),
        send('UpdatesQueue'),
        ...deadLetters('PushesDead'),
        ...cache,
        ...read('sluice/read', 'sluice/key', 'sluice/hosts', 'registry'),
      ],
    },
    {
      name: 'commit-image',
      rights: [
        ...logs('commit-image'),
        ...received('UpdatesQueue'),
        send('UpdatesQueue'),
        ...deadLetters('UpdatesDead'),
        ...cache,
        ...read('sluice/write', 'sluice/key', 'sluice/hosts', 'registry'),
      ],
    },
    {
      name: 'sweep',
      rights: [
        ...logs('sweep'),
        send('PushesQueue'),
        ...cache,
        ...read('sluice/read', 'sluice/key', 'sluice/hosts', 'registry'),
      ],
    },
    {
      name: 'report-apply',
      rights: [
        ...logs('report-apply'),
        ...deadLetters('ReportsDead'),
        ...cache,
        ...read('sluice/write', 'sluice/chat'),
      ],
    },
  ])('$name', ({ name, rights }) => {
    expect(rightsOf(name, config)).toEqual(rights.toSorted());
  });
});

const lookUp = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:ListImages'];

describe('with ECR', () => {
  const own = configOf({ registries: [`host: ${ECR}, push: { source: ecr }`, 'host: ghcr.io'] });
  test.each<{ name: FunctionName; actions: readonly string[] }>([
    { name: 'receive-push', actions: [] },
    { name: 'evaluate-policy', actions: [...lookUp, 'ecr:DescribeImages'] },
    { name: 'commit-image', actions: lookUp },
    { name: 'sweep', actions: [...lookUp, 'ecr:DescribeImages'] },
    { name: 'report-apply', actions: [] },
  ])('$name', ({ name, actions }) => {
    const token = actions.length > 0 ? ['ecr:GetAuthorizationToken *'] : [];
    const images = `arn:\${AWS::Partition}:ecr:eu-central-1:123456789012:repository/*`;
    expect(rightsOf(name, own).filter((right) => right.startsWith('ecr:'))).toEqual(
      [...actions.map((action) => `${action} ${images}`), ...token].toSorted(),
    );
  });

  test('with credentials of its own no role is asked', () => {
    const withToken = configOf({ registries: [`host: ${ECR}, push: { source: ecr }, credentials: ssm:/sluice/ecr`] });
    expect(rightsOf('sweep', withToken).filter((right) => right.startsWith('ecr:'))).toEqual([]);
  });
});

describe('a secret is one resource', () => {
  test.each([
    { reference: 'ssm:/sluice/git', right: 'ssm:GetParameter ssm:parameter/sluice/git' },
    { reference: 'ssm:git', right: 'ssm:GetParameter ssm:parameter/git' },
    { reference: 'secretsmanager:git', right: 'secretsmanager:GetSecretValue secretsmanager:secret:git-??????' },
    { reference: 'secretsmanager:git#key', right: 'secretsmanager:GetSecretValue secretsmanager:secret:git-??????' },
    {
      reference: 'secretsmanager:arn:aws:secretsmanager:us-east-1:210987654321:secret:git-AbC123',
      right: 'secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:210987654321:secret:git-AbC123',
    },
    {
      reference: 'secretsmanager:arn:aws:secretsmanager:us-east-1:210987654321:secret:git#key',
      right: 'secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:210987654321:secret:git-??????',
    },
  ])('$reference', ({ reference, right }) => {
    const repositories = [`url: https://gitlab.com/acme/shop.git, credentials: "${reference}"`];
    const rights = rightsOf('sweep', configOf({ repositories }));
    expect(rights.filter((one) => /^(ssm|secretsmanager):/.test(one))).toEqual([right]);
  });
});

describe('an option that is on', () => {
  const isNew = (name: FunctionName, told: Readonly<Record<string, unknown>>) => {
    const before = new Set(rightsOf(name, config));
    return rightsOf(name, config, told).filter((right) => !before.has(right));
  };
  const interfaces = [
    'AssignPrivateIpAddresses',
    'CreateNetworkInterface',
    'DeleteNetworkInterface',
    'DescribeNetworkInterfaces',
    'DescribeSubnets',
    'UnassignPrivateIpAddresses',
  ];
  test.each([
    { what: 'a key', told: { kmsKey: KEY }, adds: [`kms:Decrypt ${KEY}`, `kms:GenerateDataKey ${KEY}`] },
    { what: "the secrets' key", told: { secretsKmsKey: SECRETS_KEY }, adds: [`kms:Decrypt ${SECRETS_KEY}`] },
    { what: 'traces', told: { tracing: 'true' }, adds: ['xray:PutTelemetryRecords *', 'xray:PutTraceSegments *'] },
    {
      what: 'a VPC',
      told: { subnets: 'subnet-1', securityGroups: 'sg-1' },
      adds: [...interfaces.map((one) => `ec2:${one} *`), ...interfaces.map((one) => `not ec2:${one} *`)],
    },
  ])('$what', ({ told, adds }) => {
    for (const name of FUNCTIONS) {
      expect({ name, adds: isNew(name, told) }).toEqual({ name, adds });
    }
  });

  test.each([
    { what: 'parameters', push: 'ssm:/sluice/push', services: [`ssm.\${AWS::Region}`] },
    { what: 'secrets', push: 'secretsmanager:sluice/push', services: [`secretsmanager.\${AWS::Region}`] },
    {
      what: 'secrets of another region',
      push: 'secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:push-AbCdEf#token',
      services: ['secretsmanager.us-east-1'],
    },
  ])("the secrets' key opens $what where they are read, and nothing else", ({ push, services }) => {
    const own = configOf({ registries: [`host: ghcr.io, push: { source: ghcr, secret: "${push}" }`] });
    const statements = statementsOf('receive-push', own, settingsOf({ secretsKmsKey: SECRETS_KEY }));
    expect(statements.find(({ Sid }) => Sid === 'DecryptSecrets')?.Condition).toEqual({
      StringEquals: { 'kms:ViaService': services.map((one) => ({ 'Fn::Sub': `${one}.amazonaws.com` })) },
    });
  });

  test("the secrets' key is for none where none is read", () => {
    const told = { secretsKmsKey: SECRETS_KEY };
    const open = configOf({ registries: [`host: ${ECR}, push: { source: ecr }`] });
    expect(rightsOf('receive-push', open, told).filter((right) => right.startsWith('kms:'))).toEqual([]);
  });

  test('in a VPC the code of a function is denied what Lambda needs', () => {
    const vpc = settingsOf({ subnets: 'subnet-1', securityGroups: 'sg-1' });
    const denied = statementsOf('sweep', config, vpc).find(({ Sid }) => Sid === 'NotByCode');
    expect(denied?.Condition).toEqual({
      ArnEquals: {
        'lambda:SourceFunctionArn': {
          'Fn::Sub': `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:sluice-prod-sweep`,
        },
      },
    });
  });
});

/** Where AWS knows no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html */
const WITHOUT_RESOURCE = /^(ecr:GetAuthorizationToken|xray:Put|ec2:)/;

test('no resource is * but where AWS has no narrower one, and no action is', () => {
  const everything = {
    kmsKey: KEY,
    secretsKmsKey: SECRETS_KEY,
    tracing: 'true',
    subnets: 'subnet-1',
    securityGroups: 'sg-1',
  };
  const all = configOf({
    registries: [`host: ${ECR}, push: { source: ecr }`, 'host: ghcr.io, credentials: ssm:/sluice/ghcr'],
  });
  for (const name of FUNCTIONS) {
    for (const { Action, Resource } of statementsOf(name, all, settingsOf(everything))) {
      expect(Action.filter((action) => action.includes('*'))).toEqual([]);
      const wide = Resource.includes('*') ? Action : [];
      expect(wide.filter((action) => !WITHOUT_RESOURCE.test(action))).toEqual([]);
    }
  }
});

test.each([
  { what: 'without a boundary', told: {}, boundary: {} },
  {
    what: 'with one',
    told: { permissionsBoundary: 'arn:aws:iam::123456789012:policy/bound' },
    boundary: { PermissionsBoundary: 'arn:aws:iam::123456789012:policy/bound' },
  },
])('each function has a role of its own, which Lambda alone takes, $what', ({ told, boundary }) => {
  const made = roles(config, settingsOf(told));
  expect(Object.keys(made)).toEqual([
    'ReceivePushRole',
    'EvaluatePolicyRole',
    'CommitImageRole',
    'SweepRole',
    'ReportApplyRole',
  ]);
  expect(made['SweepRole']).toEqual({
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: { 'Fn::Sub': `sluice-prod-sweep-\${AWS::Region}` },
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      ...boundary,
      Policies: [
        {
          PolicyName: 'uses',
          PolicyDocument: { Version: '2012-10-17', Statement: statementsOf('sweep', config, settingsOf(told)) },
        },
      ],
    },
  });
});
