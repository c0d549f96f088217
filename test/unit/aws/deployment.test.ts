import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readDeployment, sweepRate } from '../../../infra/aws/deployment.ts';
import { configOf, params, settingsOf } from './deployed.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-deployment-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const TARGET = { region: 'eu-central-1' };
const GOOD = `
repositories: [{ url: https://gitlab.com/acme/shop.git, credentials: ssm:/sluice/git }]
registries: [{ host: ghcr.io, push: { source: ghcr, secret: ssm:/sluice/push } }]
`;
const write = (name: string, text: string) => writeFileSync(join(root, name), text);
const read = (told: Readonly<Record<string, unknown>> = {}) =>
  readDeployment(root, { config: 'sluice.yml', ...params(told) }, TARGET);

test('a good configuration, with its settings', () => {
  write('sluice.yml', GOOD);
  write('sluice.example.yml', 'of no interest');
  expect(read()).toEqual({
    config: configOf(),
    configFile: 'sluice.yml',
    isExample: false,
    settings: settingsOf(),
    faults: [],
    warnings: [],
  });
});

test('one by another name', () => {
  write('prod.yml', GOOD);
  const { configFile, faults } = readDeployment(
    root,
    { ...params({ config: 'prod.yml' }), config: 'prod.yml' },
    TARGET,
  );
  expect({ configFile, faults }).toEqual({ configFile: 'prod.yml', faults: [] });
});

test('the example stands in for none, and is known as such', () => {
  write('sluice.example.yml', GOOD.replaceAll('ssm:/sluice/', 'file:/run/secrets/').replace('gitlab.com', 'git.corp'));
  expect(read()).toMatchObject({ configFile: 'sluice.example.yml', isExample: true, faults: [], warnings: [] });
  expect(read({ tracing: 'on' }).faults).toEqual(['--param tracing: expected true or false']);
});

test('the example stands in for no other file', () => {
  write('sluice.example.yml', GOOD);
  const { faults } = readDeployment(root, { ...params({ config: 'prod.yml' }), config: 'prod.yml' }, TARGET);
  expect(faults).toEqual([expect.stringMatching(/^prod\.yml: cannot be read/)]);
});

describe('faults are told, and leave a configuration that can be removed', () => {
  const aws = 'expected ssm: or secretsmanager:, found';
  test.each([
    {
      what: 'nothing there',
      text: undefined,
      told: {},
      faults: [
        /^sluice\.yml: cannot be read \(ENOENT: .*\); name one that is there, or begin with a copy of sluice\.example\.yml$/,
      ],
    },
    { what: 'no YAML', text: 'a: [', told: {}, faults: [/^sluice\.yml: line 1: /] },
    { what: 'nothing in it', text: '', told: {}, faults: [/^sluice\.yml: the file: /] },
    {
      what: 'several of the file',
      text: 'repositories: []\nregistries: [{ host: ghcr.io, push: { source: ghcr } }]',
      told: {},
      faults: [
        /^sluice\.yml: 2 faults\n {2}repositories: expected at least one repository\n {2}registries\[0\]\.push\.secret: expected a reference to a secret/,
      ],
    },
    {
      what: 'a repository twice',
      text: GOOD.replace('[{ url', '[{ url: https://gitlab.com/acme/shop }, { url'),
      told: {},
      faults: [
        /^sluice\.yml: repositories\[1\]: expected each repository and branch once, found https:\/\/gitlab\.com\/acme\/shop\.git again$/,
      ],
    },
    {
      what: 'of the params, and of what cannot work on AWS',
      text: GOOD.replace('ssm:/sluice/git', 'env:TOKEN'),
      told: { tracing: 'on' },
      faults: [
        /^--param tracing: expected true or false$/,
        new RegExp(`^repositories\\[0\\]\\.credentials: ${aws} env:TOKEN, which no function on Lambda has$`),
      ],
    },
  ])('$what', ({ text, told, faults }) => {
    if (text !== undefined) {
      write('sluice.yml', text);
    }
    const deployment = read(told);
    expect(deployment.faults).toEqual(faults.map((fault) => expect.stringMatching(fault)));
    expect(deployment.config.sweep).toEqual({ every: 900 });
  });
});

test('warnings know whether there is a VPC', () => {
  write('sluice.yml', GOOD.replace('gitlab.com', 'git.corp'));
  const warning = 'repositories[0].url: git.corp can be reached from a VPC only (--param subnets, securityGroups)';
  expect(read().warnings).toEqual([warning]);
  expect(read({ subnets: 'subnet-1', securityGroups: 'sg-1' }).warnings).toEqual([]);
});

test.each([
  { every: '1m', rate: 'rate(1 minute)' },
  { every: '15m', rate: 'rate(15 minutes)' },
  { every: '60s', rate: 'rate(1 minute)' },
  { every: '2h', rate: 'rate(120 minutes)' },
  // A deployment refuses these; packaging the example does not ask.
  { every: '30s', rate: 'rate(1 minute)' },
  { every: '90s', rate: 'rate(2 minutes)' },
])('sweeping every $every is $rate', ({ every, rate }) => {
  expect(sweepRate(configOf({ rest: `sweep: { every: ${every} }` }))).toBe(rate);
});
