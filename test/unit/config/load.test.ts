import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../shared/config/load.ts';
import { hostOf } from '../../../shared/config/repository.ts';
import { isSluiceError } from '../../../shared/errors.ts';

const smallest = `
repositories: [{ url: https://git.example.com/hello.git }]
registries: [{ host: registry.example.com }]
`;

const ecrHost = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

function delivering(delivery: string): string {
  return smallest.replace('hello.git', `hello.git, delivery: { ${delivery} }`);
}

describe('a configuration that is right', () => {
  test('has its defaults filled in', () => {
    expect(parseConfig(smallest, 'sluice.yml')).toEqual({
      repositories: [
        {
          url: 'https://git.example.com/hello.git',
          branch: 'main',
          paths: [''],
          delivery: { mode: 'commit', skipCi: false, message: {} },
        },
      ],
      registries: [{ host: 'registry.example.com', insecure: false }],
      sweep: { every: 900 },
      notifications: [],
      freezes: [],
    });
  });

  test.each([
    { every: '30s', seconds: 30 },
    { every: '15m', seconds: 900 },
    { every: '2h', seconds: 7200 },
  ])('reads the duration $every as $seconds seconds', ({ every, seconds }) => {
    expect(parseConfig(`${smallest}sweep: { every: ${every} }`, 'sluice.yml').sweep.every).toBe(seconds);
  });

  test.each([
    'env:TOKEN',
    'file:/run/secrets/token',
    'ssm:token',
    'ssm:/sluice/token',
    'secretsmanager:sluice/token',
    'secretsmanager:sluice/token#password',
    'secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:sluice/token-AbCdEf',
    'secretsmanager:arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:token-AbCdEf#password',
  ])('takes the secret %s', (reference) => {
    const text = smallest.replace('hello.git', `hello.git, credentials: "${reference}"`);
    expect(parseConfig(text, 'sluice.yml').repositories[0]?.credentials).toBe(reference);
  });

  test.each([
    'env:1TOKEN',
    'env:',
    'ssm:/sluice/token:3',
    'ssm:a b',
    'ssm:/sluice/token#key',
    'secretsmanager:a:b',
    'secretsmanager:a#',
    'secretsmanager:a#b#c',
    'secretsmanager:arn:aws:ssm:eu-central-1:123456789012:parameter/token',
    'vault:token',
  ])('does not take the secret %s', (reference) => {
    const text = smallest.replace('hello.git', `hello.git, credentials: "${reference}"`);
    expect(() => parseConfig(text, 'sluice.yml')).toThrow('repositories[0].credentials: ');
  });

  test('takes a registry of ECR without a secret', () => {
    const config = parseConfig(smallest.replace('registry.example.com', `${ecrHost}, push: { source: ecr }`), 's');
    expect(config.registries[0]).toEqual({ host: ecrHost, insecure: false, push: { source: 'ecr' } });
  });

  test.each(['ghcr.io', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000'])('takes the registry host %s', (host) => {
    const config = parseConfig(smallest.replace('registry.example.com', JSON.stringify(host)), 'sluice.yml');
    expect(config.registries[0]?.host).toBe(host);
  });
});

test.each([
  { url: 'https://github.com/acme/shop.git', host: 'github' },
  { url: 'https://user@gitlab.com/acme/shop', host: 'gitlab' },
  { url: 'git@github.com:acme/shop.git', host: 'git' },
  { url: 'ssh://git@gitlab.com/acme/shop.git', host: 'git' },
  { url: 'https://github.com.evil.example/acme/shop', host: 'git' },
  { url: '/srv/git/shop.git', host: 'git' },
] as const)('$url is at $host', ({ url, host }) => {
  expect(hostOf({ url })).toBe(host);
});

describe('a configuration that is wrong', () => {
  test.each([
    { fault: 'no repository', text: 'registries: [{ host: a.example }]', says: 'repositories: ' },
    {
      fault: 'an unknown key',
      text: `${smallest}sweeep: {}`,
      says: 'the file: Unrecognized key: "sweeep"; did you mean sweep?',
    },
    {
      fault: 'keys of a repository that are nearly right',
      text: smallest.replace('repositories: [{', 'repositories: [{ brnch: main, credential: x,'),
      says: 'repositories[0]: Unrecognized keys: "brnch", "credential"; did you mean branch, credentials?',
    },
    {
      fault: 'a freeze in a zone that is none',
      text: `${smallest}freezes: [{ reason: weekend, from: Fri 16:00, until: Mon 08:00, zone: Europe/Pari }]`,
      says: 'freezes[0].zone: expected a time zone like Europe/Paris, found Europe/Pari',
    },
    {
      fault: 'a freeze without a time, for no reason',
      text: `${smallest}freezes: [{ reason: why }, { until: 2026-12-24 }]`,
      says: '2 faults\n  freezes[0].from: expected a day or a time, found nothing\n  freezes[1].reason: expected why, for people',
    },
    {
      fault: 'a key of a freeze that is nearly right',
      text: `${smallest}freezes: [{ reason: why, until: 2026-12-24, path: [k8s] }]`,
      says: 'freezes[0]: Unrecognized key: "path"; did you mean paths?',
    },
    { fault: 'nothing', text: '', says: 'the file: expected a mapping with repositories and registries' },
    {
      fault: 'a secret in the open',
      text: smallest.replace(
        'host: registry.example.com',
        'host: a.example, push: { source: generic, secret: hunter2 }',
      ),
      says: 'registries[0].push.secret: expected a reference to a secret: env:NAME, file:PATH, ssm:NAME or secretsmanager:NAME',
    },
    {
      fault: 'a source without a secret',
      text: smallest.replace('host: registry.example.com', 'host: a.example, push: { source: generic }'),
      says: 'registries[0].push.secret: expected a reference to a secret',
    },
    {
      fault: 'a source that is not known',
      text: smallest.replace(
        'host: registry.example.com',
        'host: a.example, push: { source: carrier-pigeon, secret: env:A }',
      ),
      says: 'registries[0].push.source: expected one of distribution, generic, ghcr, gitlab, ecr',
    },
    {
      fault: 'a secret of ECR',
      text: smallest.replace('registry.example.com', `${ecrHost}, push: { source: ecr, secret: env:A }`),
      says: 'registries[0].push.secret: expected none, since IAM proves the events of ECR',
    },
    {
      fault: 'ECR elsewhere',
      text: smallest.replace('registry.example.com', 'registry.example.com, push: { source: ecr }'),
      says: 'registries[0].push.source: expected ecr only for a host like 123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    },
    {
      fault: 'a repository twice under two addresses',
      text: smallest.replace('[{ url', '[{ url: "git@git.example.com:hello.git" }, { url'),
      says: 'repositories[1]: expected each repository and branch once, found https://git.example.com/hello.git again',
    },
    {
      fault: 'a registry twice',
      text: smallest.replace('[{ host', '[{ host: registry.example.com }, { host'),
      says: 'registries[1].host: expected each host once, found registry.example.com again',
    },
    {
      fault: 'a secret of no store',
      text: smallest.replace('hello.git', 'hello.git, credentials: vault:token'),
      says: 'repositories[0].credentials: ',
    },
    {
      fault: 'a registry with a scheme',
      text: smallest.replace('registry.example.com', 'https://registry.example.com'),
      says: 'registries[0].host: expected a host as images name it, without scheme or path',
    },
    {
      fault: 'a duration without a unit',
      text: `${smallest}sweep: { every: "15" }`,
      says: 'sweep.every: expected a duration like 30s, 15m or 2h',
    },
    {
      fault: 'a repository twice',
      text: smallest.replace('[{ url', '[{ url: https://git.example.com/hello.git }, { url'),
      says: 'repositories[1]: expected each repository and branch once, found https://git.example.com/hello.git again',
    },
    {
      fault: 'a template with a name that it may not use',
      text: delivering('mode: commit, message: { subject: "{{imag}}" }'),
      says: 'repositories[0].delivery.message.subject: expected one of branch, count, images, changes, found imag',
    },
    {
      fault: 'a pull request on plain Git',
      text: delivering('mode: pull-request'),
      says: 'repositories[0].delivery.mode: expected commit, since plain Git has no pull requests',
    },
    {
      fault: 'labels without a pull request',
      text: delivering('mode: commit, labels: [a], autoMerge: true'),
      says: 'repositories[0].delivery.autoMerge: expected only with mode: pull-request',
    },
    {
      fault: 'a push option where an API is spoken',
      text: delivering('skipCi: push-option').replace('git.example.com', 'gitlab.com'),
      says: 'repositories[0].delivery.skipCi: expected true, since push-option works over Git itself only',
    },
    {
      fault: 'a GitHub App elsewhere',
      text: smallest.replace('hello.git', 'hello.git, credentials: { app: "1", privateKey: env:KEY }'),
      says: 'repositories[0].credentials: expected a secret, found a GitHub App for a repository at git',
    },
    {
      fault: 'an API of plain Git',
      text: smallest.replace('hello.git', 'hello.git, api: https://git.example.com/api'),
      says: 'repositories[0].api: expected only with host: github or gitlab',
    },
    {
      fault: 'an API over SSH',
      text: smallest.replace('https://git.example.com/hello.git', '"git@gitlab.com:a/b.git", host: gitlab'),
      says: 'repositories[0].url: expected https://… for host: gitlab, found git@gitlab.com:a/b.git',
    },
    {
      fault: 'a password in the open',
      text: smallest.replace('https://git.', 'https://me:hunter2@git.'),
      says: 'repositories[0].url: expected a url without a password, found https://git.example.com/hello.git',
    },
    {
      fault: 'a branch that is none',
      text: smallest.replace('hello.git', 'hello.git, branch: a..b'),
      says: 'repositories[0].branch: expected the name of a branch, found "a..b"',
    },
    {
      fault: 'a committer at GitLab',
      text: smallest.replace(
        'https://git.example.com/hello.git',
        'https://gitlab.com/a/b, committer: { name: Ada, email: ada@example.com }',
      ),
      says: "repositories[0].committer: expected none, since GitLab's API takes an author only",
    },
    { fault: 'broken YAML', text: 'repositories:\n  - url: [', says: 'sluice.yml: line 2: ' },
  ])('names $fault', ({ text, says }) => {
    const error = thrownBy(() => parseConfig(text, 'sluice.yml'));
    expect(isSluiceError(error, 'config-invalid')).toBe(true);
    expect(String(error)).toContain(says);
  });

  test('reports every fault at once', () => {
    const error = thrownBy(() => parseConfig('repositories: []\nregistries: []\nsweep: { every: soon }', 'sluice.yml'));
    expect(String(error).match(/^ {2}\S/gm)).toHaveLength(3);
  });

  test('reports what contradicts beside what is wrong by itself', () => {
    const text = `
repositories:
  - { url: https://git.example.com/a.git, delivery: { mode: pull-request } }
  - { url: 3 }
  - { url: https://git.example.com/a }
registries: [{ host: a.example, push: { source: ecr } }, { host: b.example, pushh: {} }, { host: a.example }]
`;
    expect(
      String(thrownBy(() => parseConfig(text, 'sluice.yml')))
        .split('\n')
        .slice(1, -1),
    ).toEqual([
      '  repositories[1].url: Invalid input: expected string, received number',
      '  registries[1]: Unrecognized key: "pushh"; did you mean push?',
      expect.stringContaining('  repositories[0].delivery.mode: expected commit'),
      expect.stringContaining('  registries[0].push.source: expected ecr only for a host like'),
      expect.stringContaining('  repositories[2]: expected each repository and branch once'),
      '  registries[2].host: expected each host once, found a.example again',
    ]);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}
