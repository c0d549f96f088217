import { describe, expect, test } from 'vitest';
import { readStackSettings, unknownParams } from '../../../infra/aws/settings.ts';
import { params, settingsOf } from './deployed.ts';

describe('what serverless.yml says is good as it is', () => {
  test('options are off', () => {
    expect(settingsOf()).toMatchObject({
      config: 'sluice.yml',
      logRetention: 30,
      reserveConcurrency: true,
      tracing: false,
      tags: {},
      subnets: [],
      securityGroups: [],
      permissionsBoundary: undefined,
      kmsKey: undefined,
      secretsKmsKey: undefined,
      sizes: { 'commit-image': { memorySize: 512, timeout: 60 } },
    });
  });

  test.each([
    { name: 'target', told: 'a', read: 'a' },
    { name: 'target', told: `a${'-'.repeat(31)}`, read: `a${'-'.repeat(31)}` },
    { name: 'config', told: 'config/prod.yml', read: 'config/prod.yml' },
    { name: 'pushRate', told: '7', read: 7 },
    { name: 'evaluateConcurrency', told: '2', read: 2 },
    { name: 'commitConcurrency', told: '1000', read: 1000 },
    { name: 'tracing', told: 'true', read: true },
    { name: 'reserveConcurrency', told: 'false', read: false },
    {
      name: 'tags',
      told: 'team=platform, costs=42,empty=,url=a=b',
      read: { team: 'platform', costs: '42', empty: '', url: 'a=b' },
    },
    {
      name: 'permissionsBoundary',
      told: 'arn:aws:iam::123456789012:policy/team/bound',
      read: 'arn:aws:iam::123456789012:policy/team/bound',
    },
    {
      name: 'permissionsBoundary',
      told: 'arn:aws:iam::aws:policy/PowerUserAccess',
      read: 'arn:aws:iam::aws:policy/PowerUserAccess',
    },
    {
      name: 'kmsKey',
      told: 'arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1',
      read: 'arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1',
    },
  ])('--param $name=$told', ({ name, told, read }) => {
    expect(settingsOf({ [name]: told })).toMatchObject({ [name]: read });
  });

  test('of a VPC both halves', () => {
    const { subnets, securityGroups } = settingsOf({ subnets: 'subnet-1, subnet-2,', securityGroups: 'sg-1' });
    expect({ subnets, securityGroups }).toEqual({ subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'] });
  });
});

describe('a fault is told with its name', () => {
  const longName = 'expected prefix-stage of 32 letters, digits and dashes at most';
  const key = 'expected the ARN of a key: arn:aws:kms:…:key/…';
  const few = 'expected 2 or more: SQS knows no lower limit';
  test.each([
    { name: 'target', told: 'sluice_prod', says: longName },
    { name: 'target', told: '1-prod', says: longName },
    { name: 'target', told: `a${'-'.repeat(32)}`, says: longName },
    { name: 'config', told: '/etc/sluice.yml', says: 'expected a file in this folder' },
    { name: 'config', told: '../sluice.yml', says: 'expected a file in this folder' },
    { name: 'logRetention', told: 'long', says: 'expected a whole number' },
    { name: 'pushRate', told: '1.5', says: 'expected a whole number' },
    { name: 'pushBurst', told: '0', says: 'expected 1 or more' },
    { name: 'maxReceives', told: '-1', says: 'expected 1 or more' },
    { name: 'evaluateConcurrency', told: '1', says: few },
    { name: 'commitConcurrency', told: '1', says: few },
    { name: 'commitConcurrency', told: '1001', says: 'expected 1000 or less' },
    { name: 'reserveConcurrency', told: 'yes', says: 'expected true or false' },
    { name: 'tracing', told: '', says: 'expected true or false' },
    { name: 'tags', told: 'team', says: 'expected name=value, separated by commas' },
    { name: 'tags', told: '=platform', says: 'expected name=value, separated by commas' },
    { name: 'permissionsBoundary', told: 'arn:aws:iam::1:role/x', says: "expected a managed policy's ARN" },
    { name: 'kmsKey', told: 'alias/sluice', says: key },
    { name: 'secretsKmsKey', told: 'arn:aws:kms:eu-central-1:123456789012:alias/sluice', says: key },
    {
      name: 'logRetention',
      told: '31',
      says: 'expected a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, …',
    },
    { name: 'logLevel', told: 'loud', says: 'expected debug, info, warn or error' },
    { name: 'secretsSeconds', told: 'no', says: 'expected a whole number' },
  ])('--param $name=$told', ({ name, told, says }) => {
    expect(readStackSettings(params({ [name]: told }))).toEqual({ faults: [`--param ${name}: ${says}`] });
  });

  test.each([{ subnets: 'subnet-1' }, { securityGroups: 'sg-1' }])('half a VPC: %o', (half) => {
    expect(readStackSettings(params(half)).faults).toEqual(['--param subnets, securityGroups: expected both, or none']);
  });

  test('all at once', () => {
    expect(readStackSettings(params({ pushRate: '0', tracing: 'on', kmsKey: 'mine' })).faults).toEqual([
      '--param pushRate: expected 1 or more',
      '--param tracing: expected true or false',
      `--param kmsKey: ${key}`,
    ]);
  });
});

test.each([
  {
    what: 'one that is nearly one',
    told: ['tracng=true'],
    says: ['tracng: expected a name that serverless.yml has; did you mean tracing?'],
  },
  {
    what: 'one that is none',
    told: ['colour=red', 'tags=a=b'],
    says: ['colour: expected a name that serverless.yml has'],
  },
  {
    what: 'one of a stage',
    told: [],
    stage: { trcing: true },
    says: ['trcing: expected a name that serverless.yml has; did you mean tracing?'],
  },
  { what: 'none, where all are known', told: ['tracing=true', 'tags='], stage: { tags: 'x' }, says: [] },
])('params that nothing reads are told: $what', ({ told, stage = {}, says }) => {
  const written = { default: { tracing: false, tags: '' }, prod: stage };
  expect(unknownParams(told, written)).toEqual(says.map((one) => `--param ${one}`));
});
