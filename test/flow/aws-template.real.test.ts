import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkout, openCheckout } from '../aws/checkout.ts';
import { cfnLintCommand } from '../cluster/installed-parts.ts';

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

const EVERYTHING = `
repositories:
  - url: https://github.com/acme/shop.git
    credentials: { app: "1", privateKey: "secretsmanager:github#key" }
    readCredentials: ssm:/sluice/read
  - { url: "git@git.example.com:acme/shop.git", credentials: ssm:/sluice/key, knownHosts: ssm:/sluice/known-hosts }
registries:
  - { host: ${ECR}, push: { source: ecr } }
  - { host: ghcr.io, push: { source: ghcr, secret: secretsmanager:push }, credentials: ssm:/sluice/ghcr }
sweep: { every: 1m }
notifications: [{ webhook: ssm:/sluice/chat }]
`;

/** Each option of serverless.yml that is off by default. */
const ON = {
  prefix: 'acme',
  kmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555',
  secretsKmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/66666666-7777-8888-9999-000000000000',
  permissionsBoundary: 'arn:aws:iam::123456789012:policy/bound',
  subnets: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
  securityGroups: 'sg-0123456789abcdef0',
  tags: 'team=platform,costs=42',
  tracing: 'true',
  reserveConcurrency: 'false',
  logRetention: '7',
};

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: unknown; readonly DeletionPolicy?: string }>
  >;
}

/** No credentials are needed, and nobody is asked. */
const NOWHERE = 'http://127.0.0.1:9';

/** What cfn-lint complains about, warnings too. */
async function lint(file: string, region: string): Promise<string> {
  const { command, arguments: first, environment } = cfnLintCommand();
  const env = { ...process.env, ...environment };
  try {
    const { stdout } = await promisify(execFile)(command, [...first, '--regions', region, '--template', file], { env });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    return stdout + stderr;
  }
}

describe('the template that serverless packages', { timeout: 600_000 }, () => {
  let checkout: Checkout;
  beforeAll(() => {
    checkout = openCheckout(NOWHERE);
  });
  afterAll(() => checkout?.remove());

  /** @param region AWS's, whose rules are looked at */
  const pack = async (region: string, params: Readonly<Record<string, string>>): Promise<Template> => {
    const words = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
    const { code, output } = await checkout.serverless('package', '--stage', 'prod', '--region', region, ...words);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('Service packaged') });
    const file = join(checkout.directory, '.serverless', 'cloudformation-template-update-stack.json');
    expect(await lint(file, region)).toBe('');
    return JSON.parse(readFileSync(file, 'utf8')) as Template;
  };
  const typed = ({ Resources }: Template, type: string) =>
    Object.values(Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties] : []));

  test('of the example, by default, is clean; functions are as small as they can be', async () => {
    const template = await pack('eu-central-1', {});
    const functions = typed(template, 'AWS::Lambda::Function');
    expect(functions).toHaveLength(5);
    for (const one of functions) {
      expect(one).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(one).not.toHaveProperty('TracingConfig');
      expect(one).not.toHaveProperty('VpcConfig');
    }
    for (const group of typed(template, 'AWS::Logs::LogGroup')) {
      expect(group).toMatchObject({ RetentionInDays: 30 });
    }
    expect(typed(template, 'AWS::Lambda::EventSourceMapping')).toEqual([
      expect.objectContaining({
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 10 },
      }),
      expect.objectContaining({
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 5 },
      }),
    ]);
  });

  test('of everything, with every option on, is clean', async () => {
    checkout.configure(EVERYTHING);
    const template = await pack('eu-central-1', ON);
    for (const one of typed(template, 'AWS::Lambda::Function')) {
      expect(one).toMatchObject({
        FunctionName: expect.stringMatching(/^acme-prod-/),
        KmsKeyArn: ON.kmsKey,
        VpcConfig: { SubnetIds: ON.subnets.split(','), SecurityGroupIds: [ON.securityGroups] },
        TracingConfig: { Mode: 'Active' },
      });
      expect(one).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    for (const group of typed(template, 'AWS::Logs::LogGroup')) {
      expect(group).toMatchObject({ RetentionInDays: 7, KmsKeyId: ON.kmsKey });
    }
    for (const role of typed(template, 'AWS::IAM::Role')) {
      expect(role).toMatchObject({ PermissionsBoundary: ON.permissionsBoundary });
    }
    for (const queue of typed(template, 'AWS::SQS::Queue')) {
      expect(queue).toMatchObject({ KmsMasterKeyId: ON.kmsKey });
    }
  });

  test.each([
    { what: 'traces', region: 'us-east-1', params: { tracing: 'true' } },
    {
      what: 'a key',
      region: 'ap-southeast-2',
      params: { kmsKey: ON.kmsKey.replace('eu-central-1', 'ap-southeast-2') },
    },
    {
      what: 'a VPC and a boundary',
      region: 'eu-central-1',
      params: {
        subnets: ON.subnets,
        securityGroups: ON.securityGroups,
        permissionsBoundary: ON.permissionsBoundary,
      },
    },
  ])('in $region with $what is clean, and keeps nothing when it is removed', async ({ region, params }) => {
    checkout.configure(EVERYTHING);
    const { Resources } = await pack(region, params);
    expect(Object.values(Resources).filter(({ DeletionPolicy = 'Delete' }) => DeletionPolicy !== 'Delete')).toEqual([]);
  });
});
