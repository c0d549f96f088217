import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const directory = mkdtempSync(join(tmpdir(), 'sluice-install-'));
afterAll(() => rmSync(directory, { recursive: true }));

const URL = ['--git-url', 'https://git.example.com:3000/hello.git', '--git-path', 'k8s'];

async function install(...words: readonly string[]) {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['infra/cli/main.ts', 'install', ...words]);
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    return error as { readonly code: number; readonly stdout: string; readonly stderr: string };
  }
}

interface Printed {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly egress?: readonly { readonly ports: readonly { readonly port: number }[] }[] };
}

const printed = async (...words: readonly string[]) => {
  const { stdout } = await install(...words);
  return parseAllDocuments(stdout).map((document): Printed => document.toJS());
};
const configOf = (objects: readonly Printed[]): unknown =>
  parse(objects.find(({ kind }) => kind === 'ConfigMap')?.data?.['agent.yml'] ?? '');

test.each([
  {
    flags: [],
    config: { sources: [{ url: URL[1], branch: 'main', paths: ['k8s'] }] },
  },
  {
    flags: ['--git-token-secret', 'git', '--verify', 'all', '--verify-secret', 'keys', '--as', 'shop/deployer'],
    config: {
      sources: [
        {
          url: URL[1],
          branch: 'main',
          paths: ['k8s'],
          credentials: { tokenFile: '/etc/sluice-agent/git/token' },
          verify: 'all',
          verifyKeys: '/etc/sluice-agent/verify',
          as: 'shop/deployer',
        },
      ],
    },
  },
  {
    flags: [
      '--no-marker',
      '--report-function',
      'arn:aws:lambda:x',
      '--report-region',
      'eu-west-1',
      '--nudge-secret',
      'n',
    ],
    config: {
      sources: [{ url: URL[1], branch: 'main', paths: ['k8s'], marker: false }],
      reportFunction: 'arn:aws:lambda:x',
      reportRegion: 'eu-west-1',
      nudgeSecretFile: '/etc/sluice-agent/nudge/secret',
    },
  },
])('the flags $flags stand for a configuration', async ({ flags, config }) => {
  expect(configOf(await printed(...URL, ...flags))).toEqual(config);
});

test('the port of a repository may be reached', async () => {
  const policy = (await printed(...URL)).find(({ kind }) => kind === 'NetworkPolicy');
  expect(policy?.spec?.egress?.[0]?.ports.map(({ port }) => port)).toEqual([53, 53, 443, 6443, 22, 3000]);
});

test('a file is taken as it is', async () => {
  const file = join(directory, 'agent.yml');
  const text = '# two\nsources: [{ name: a, url: https://git.example.com/a.git }, { name: b, url: /srv/b.git }]\n';
  writeFileSync(file, text);
  const objects = await printed('--config', file);
  expect(objects.find(({ kind }) => kind === 'ConfigMap')?.data?.['agent.yml']).toBe(text);
});

test.each([
  { flags: [], code: 1, says: 'sluice install: expected --git-url, or --config with sources, found neither.' },
  { flags: [...URL, '--as', 'a/b', '--as', 'c/d'], code: 1, says: 'expected --as once, found a/b, c/d' },
  { flags: ['--config', '/no/such.yml'], code: 1, says: '/no/such.yml: expected a file, found ENOENT' },
  {
    flags: [...URL, '--verify', 'some'],
    code: 1,
    says: 'sluice install: sources.0.verify: expected none, head or all',
  },
  { flags: [...URL, '--as', 'deployer'], code: 2, says: 'Expected a service account as namespace/name.' },
  { flags: [...URL, '--allow', 'widgets'], code: 2, says: 'Expected group/resource: example.com/widgets, /nodes.' },
  { flags: [...URL, '--replicas', '0'], code: 2, says: 'Expected a number from 1 to 100.' },
  { flags: [...URL, '--egress-port', 'http'], code: 2, says: 'Expected a port.' },
])('$flags are refused', async ({ flags, code, says }) => {
  const refused = await install(...flags);
  expect(refused).toMatchObject({ code, stderr: expect.stringContaining(says) });
});
