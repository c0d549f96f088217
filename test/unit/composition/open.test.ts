import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { awsAccount } from '../../../shared/aws/account.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { readPushEndpoints, readWebhooks } from '../../../shared/composition/endpoints.ts';
import { type ConnectionOptions, openRegistries, openRepositories } from '../../../shared/composition/open.ts';
import { parseConfig } from '../../../shared/config/load.ts';
import { secretsRead } from '../../../shared/config/secret-uses.ts';
import { silentLog } from '../../../shared/log.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-open-'));
afterAll(() => rmSync(directory, { recursive: true }));

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const config = parseConfig(
  `
repositories:
  - { url: https://gitlab.com/a/one, credentials: ssm:gitlab, readCredentials: ssm:gitlab-read }
  - { url: https://github.com/a/two, credentials: { app: "1", privateKey: ssm:app }, readCredentials: ssm:github-read }
  - { url: https://git.example.com/three, credentials: ssm:git, knownHosts: ssm:known-hosts }
  - { url: https://gitlab.com/a/four, credentials: ssm:gitlab, knownHosts: ssm:not-used }
  - { url: https://git.example.com/public }
registries:
  - { host: ghcr.io, push: { source: ghcr, secret: ssm:push }, credentials: ssm:ghcr }
  - { host: "${ECR}", push: { source: ecr } }
  - { host: a.example }
notifications: [{ webhook: ssm:chat }]
`,
  'sluice.yml',
);

/** A connection, and what was read with it. */
function connect(webhook = 'https://chat.example.com/hooks/s3cr3t') {
  const read = new Set<string>();
  const secrets = async (reference: string) => {
    read.add(reference);
    return reference === 'ssm:chat' ? webhook : 'a text';
  };
  const options: ConnectionOptions = {
    config,
    secrets,
    aws: awsAccount({}),
    directory,
    cache: memoryCache(),
    now: Date.now,
    log: silentLog,
  };
  return { options, read };
}

/** What each handler opens. */
test.each([
  { name: 'receive-push', open: async (options: ConnectionOptions) => readPushEndpoints(options) },
  {
    name: 'evaluate-policy',
    open: async (options: ConnectionOptions) =>
      Promise.all([openRepositories(options, 'read'), openRegistries(options)]),
  },
  {
    name: 'commit-image',
    open: async (options: ConnectionOptions) => Promise.all([openRepositories(options), openRegistries(options)]),
  },
  {
    name: 'sweep',
    open: async (options: ConnectionOptions) =>
      Promise.all([openRepositories(options, 'read'), openRegistries(options)]),
  },
  {
    name: 'report-apply',
    open: async (options: ConnectionOptions) =>
      Promise.all([openRepositories(options, 'status'), readWebhooks(options)]),
  },
] as const)('$name reads the secrets that its role allows, and no others', async ({ name, open }) => {
  const { options, read } = connect();
  await open(options);
  expect([...read].sort()).toEqual([...secretsRead(config)[name]].sort());
});

test('what is read only is opened with what may read', async () => {
  const { options, read } = connect();
  const repositories = await openRepositories(options, 'read');
  expect([...read].sort()).toEqual(['ssm:git', 'ssm:github-read', 'ssm:gitlab', 'ssm:gitlab-read', 'ssm:known-hosts']);
  expect(repositories.map((repository) => repository.config.url)).toEqual(config.repositories.map(({ url }) => url));
});

test('a registry of ECR has no secret that proves a push', async () => {
  const { options } = connect();
  expect(await readPushEndpoints(options)).toEqual([
    { host: 'ghcr.io', source: 'ghcr', secret: 'a text' },
    { host: ECR, source: 'ecr', secret: undefined },
  ]);
});

test.each([
  { what: 'no URL', text: 'chat.example.com/hooks/s3cr3t' },
  { what: 'of another protocol', text: 'ftp://chat.example.com/hooks/s3cr3t' },
  { what: 'with a password', text: 'https://user:s3cr3t@chat.example.com/' },
  { what: 'with a user', text: 'https://s3cr3t@chat.example.com/' },
])('a webhook that is $what is refused without a word of it', async ({ text }) => {
  const error: unknown = await readWebhooks(connect(text).options).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'secret-unavailable',
    retryable: false,
    message:
      "secret ssm:chat: expected a webhook's URL: https://host/path, without a user or password, found something else. " +
      'Store the whole URL where the reference points.',
  });
  expect(inspect(error)).not.toContain('s3cr3t');
});
