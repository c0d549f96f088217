import { describe, expect, test } from 'vitest';
import { checkDeployment } from '../../../shared/config/deployment.ts';
import { parseConfig } from '../../../shared/config/load.ts';

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const TARGET = { region: 'eu-central-1', variables: ['PASSED'] };

/** A configuration that may be deployed as it is, and what stands in its place. */
function check({
  url = 'https://gitlab.com/acme/shop.git',
  repository = '',
  host = 'ghcr.io',
  registry = '',
  rest = '',
  isInVpc = false,
}) {
  const given =
    repository.includes('credentials:') || !url.startsWith('http') ? [] : ['credentials: ssm:/sluice/token'];
  const keys = [`url: "${url}"`, ...given, ...(repository === '' ? [] : [repository])].join(', ');
  const push = registry.includes('push:') ? '' : 'push: { source: ghcr, secret: ssm:/sluice/push }';
  const entries = [push, registry].filter((one) => one !== '').join(', ');
  const text = `
repositories: [{ ${keys} }]
registries: [{ host: "${host}", ${entries} }]
${rest}`;
  return checkDeployment(parseConfig(text, 'sluice.yml'), { ...TARGET, isInVpc });
}

test('what works on AWS is told nothing', () => {
  const repository = 'credentials: ssm:/sluice/token';
  const rest = 'notifications: [{ webhook: "secretsmanager:chat#url" }]';
  expect(check({ repository, rest })).toEqual({ faults: [], warnings: [] });
  expect(check({ host: ECR, registry: 'push: { source: ecr }' })).toEqual({ faults: [], warnings: [] });
  const key = 'credentials: ssm:/sluice/key, knownHosts: ssm:/sluice/known-hosts';
  expect(check({ url: 'git@git.example.com:acme/shop.git', repository: key })).toEqual({ faults: [], warnings: [] });
});

describe('a fault', () => {
  const aws = 'expected ssm: or secretsmanager:, found';
  const key = 'credentials: ssm:/sluice/key, knownHosts: ssm:/sluice/known-hosts';
  test.each([
    {
      what: 'a variable',
      input: { repository: 'credentials: env:TOKEN' },
      says: `repositories[0].credentials: ${aws} env:TOKEN, which no function on Lambda has`,
    },
    {
      what: 'a variable of a GitHub App',
      input: {
        url: 'https://github.com/acme/shop',
        repository: 'credentials: ssm:/sluice/token, readCredentials: { app: "1", privateKey: env:KEY }',
      },
      says: `repositories[0].readCredentials.privateKey: ${aws} env:KEY, which no function on Lambda has`,
    },
    {
      what: 'a file of this machine',
      input: { registry: 'credentials: "file:/run/secrets/ghcr"' },
      says: `registries[0].credentials: ${aws} file:/run/secrets/ghcr, which is not on Lambda`,
    },
    {
      what: 'a file beside the package',
      input: { rest: 'notifications: [{ webhook: "file:../chat" }]' },
      says: `notifications[0].webhook: ${aws} file:../chat, which is not on Lambda`,
    },
    {
      what: 'a path',
      input: { url: '/srv/git/shop.git' },
      says: 'repositories[0].url: expected https://… or ssh://…, found /srv/git/shop.git, which is not on Lambda',
    },
    {
      what: 'a path as a URL',
      input: { url: 'file:///srv/git/shop.git' },
      says: 'repositories[0].url: expected https://… or ssh://…, found file:///srv/git/shop.git, which is not on Lambda',
    },
    {
      what: 'a repository of this machine',
      input: { url: 'https://127.0.0.1:3000/shop.git' },
      says: 'repositories[0].url: expected a host that AWS reaches, found 127.0.0.1, which is each machine itself',
    },
    {
      what: 'an API of this machine',
      input: { url: 'https://git.example.com/a/b', repository: 'host: gitlab, api: "https://localhost/api/v4"' },
      says: 'repositories[0].api: expected a host that AWS reaches, found localhost, which is each machine itself',
    },
    {
      what: 'a registry of this machine',
      input: { host: '[::1]:5000' },
      says: 'registries[0].host: expected a host that AWS reaches, found [::1], which is each machine itself',
    },
    {
      what: 'SSH without a key',
      input: { url: 'ssh://git@git.example.com/shop.git', repository: 'knownHosts: ssm:/sluice/known-hosts' },
      says: 'repositories[0].credentials: expected an SSH key for this url, found none',
    },
    {
      what: 'SSH without known hosts',
      input: { url: 'git@git.example.com:shop.git', repository: 'credentials: ssm:/sluice/key' },
      says: 'repositories[0].knownHosts: expected the keys of the host beside an SSH key',
    },
    {
      what: 'SSH to this machine',
      input: { url: 'git@localhost:shop.git', repository: key },
      says: 'repositories[0].url: expected a host that AWS reaches, found localhost, which is each machine itself',
    },
    ...[
      { name: 'sluice/token', expected: 'a name that begins with / where it has folders' },
      { name: '/sluice//token', expected: 'a name without empty folders' },
      { name: '/sluice/', expected: 'a name without empty folders' },
      {
        name: '/aws/reference/secretsmanager/token',
        expected: 'a name that begins with neither aws nor ssm, which AWS keeps for itself',
      },
      { name: 'SSM-token', expected: 'a name that begins with neither aws nor ssm, which AWS keeps for itself' },
      { name: '/a'.repeat(16), expected: 'a name of 15 folders at most' },
    ].map(({ name, expected }) => ({
      what: `the parameter ${name}`,
      input: { repository: `credentials: ssm:${name}` },
      says: `repositories[0].credentials: expected ${expected}, found ssm:${name}`,
    })),
    {
      what: 'half a minute',
      input: { rest: 'sweep: { every: 90s }' },
      says: 'sweep.every: expected whole minutes, found 90 s',
    },
  ])('$what', ({ input, says }) => {
    expect(check(input)).toEqual({ faults: [says], warnings: [] });
  });
});

describe('a warning', () => {
  test.each([
    {
      what: 'a variable that is passed',
      input: { repository: 'credentials: env:PASSED' },
      says: 'repositories[0].credentials: env:PASSED stands readable in the configuration of the functions; ssm: does not',
    },
    {
      what: 'a file that may be in the package',
      input: { repository: 'credentials: "file:known/token"' },
      says: 'repositories[0].credentials: file:known/token has to be in the package, where all who may read the functions read it',
    },
    {
      what: 'a repository in a private network',
      input: { url: 'https://git.corp/shop.git' },
      says: 'repositories[0].url: git.corp can be reached from a VPC only (--param subnets, securityGroups)',
    },
    {
      what: 'a registry at a private address',
      input: { host: '10.1.2.3:5000' },
      says: 'registries[0].host: 10.1.2.3 can be reached from a VPC only (--param subnets, securityGroups)',
    },
    {
      what: 'a password over HTTP',
      input: { url: 'http://git.example.com/shop.git', repository: 'credentials: ssm:/sluice/token' },
      says: 'repositories[0].url: http:// sends credentials readable',
    },
    {
      what: 'a registry over HTTP',
      input: { registry: 'insecure: true' },
      says: 'registries[0].insecure: plain HTTP sends credentials readable, and anybody on the way may answer',
    },
    {
      what: 'a token of ECR',
      input: { host: ECR, registry: 'credentials: ssm:/sluice/ecr' },
      says: 'registries[0].credentials: a token of ECR lives twelve hours; without credentials IAM opens it',
    },
    {
      what: 'events of another region',
      input: { host: ECR.replace('eu-central-1', 'us-east-1'), registry: 'push: { source: ecr }' },
      says: 'registries[0].push: its events arise in us-east-1; a rule there has to send them to eu-central-1',
    },
  ])('$what', ({ input, says }) => {
    expect(check(input)).toEqual({ faults: [], warnings: [says] });
  });

  test('of a private address is none in a VPC', () => {
    const found = check({ url: 'https://git.corp/shop.git', host: '10.1.2.3:5000', isInVpc: true });
    expect(found).toEqual({ faults: [], warnings: [] });
  });

  test('no credentials', () => {
    const text =
      'repositories: [{ url: https://gitlab.com/a/b }]\nregistries: [{ host: ghcr.io, push: { source: ghcr, secret: ssm:push } }]';
    expect(checkDeployment(parseConfig(text, 'sluice.yml'))).toEqual({
      faults: [],
      warnings: ['repositories[0].credentials: none, so that nothing can be committed but where anybody may push'],
    });
  });

  test('a registry that tells nothing', () => {
    const text =
      'repositories: [{ url: https://gitlab.com/a/b, credentials: ssm:token }]\nregistries: [{ host: ghcr.io }]';
    expect(checkDeployment(parseConfig(text, 'sluice.yml'))).toEqual({
      faults: [],
      warnings: ['registries[0].push: none, so that only the sweep finds what is pushed there'],
    });
  });
});
