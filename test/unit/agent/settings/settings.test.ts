import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readAgentSettings } from '../../../../infra/agent/settings/settings.ts';

const URL = 'https://git.example.com/hello.git';
const directory = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

const parse = (...flags: readonly string[]) => readAgentSettings(['node', 'sluice-agent', ...flags]);
const read = (...flags: readonly string[]) => parse('--git-url', URL, ...flags);

let files = 0;
function readFile(text: string, ...flags: readonly string[]) {
  files += 1;
  const file = join(directory, `agent-${files}.yml`);
  writeFileSync(file, text);
  return { file, read: () => parse('--config', file, ...flags) };
}

const SOURCE = {
  url: URL,
  branch: 'main',
  paths: [''],
  credentials: {},
  pollInterval: 15_000,
  gitTimeout: 20_000,
  gitMaxSize: 104_857_600,
  gitMaxFiles: 50_000,
  gitMemory: 268_435_456,
  verify: 'none',
  pruneLimit: { percent: 50 },
  pruneAllow: [],
  variablesFrom: [],
  timeout: 300_000,
  marker: 'sluice-sync',
};

test('defaults follow the root of main, and mark what was applied', () => {
  expect(read()).toEqual({
    sources: [SOURCE],
    syncInterval: 300_000,
    namespace: 'default',
    name: 'default',
    stateDir: '/var/lib/sluice-agent',
    once: false,
    dryRun: false,
    json: false,
    leaderElection: false,
    logLevel: 'info',
    kustomize: 'kustomize',
    helm: 'helm',
    sops: 'sops',
    renderTimeout: 60_000,
    renderMemory: 268_435_456,
    renderDeadline: 300_000,
    renderMaxSize: 67_108_864,
    renderMaxObjects: 20_000,
    renderMaxKeys: 1_000_000,
    renderMaxDepth: 100,
    renderMaxSecrets: 8_388_608,
    renderSandbox: 'required',
  });
});

test.each([
  {
    flags: ['--variables-from', 'configmap/cluster', '--variables-from', 'secret/more.secret'],
    is: {
      variablesFrom: [
        { kind: 'ConfigMap', name: 'cluster' },
        { kind: 'Secret', name: 'more.secret' },
      ],
    },
  },
  { flags: ['--git-branch', 'production'], is: { branch: 'production' } },
  { flags: ['--git-path', 'k8s', '--git-path', 'base/app.yml'], is: { paths: ['k8s', 'base/app.yml'] } },
  { flags: ['--no-marker'], is: { marker: false } },
  { flags: ['--marker', 'applied'], is: { marker: 'applied' } },
  { flags: ['--git-poll-interval', '500ms'], is: { pollInterval: 500 } },
  { flags: ['--git-timeout', '5s'], is: { gitTimeout: 5000 } },
  { flags: ['--git-max-size', '1GiB'], is: { gitMaxSize: 1_073_741_824 } },
  { flags: ['--git-max-files', '10', '--git-memory', '64MiB'], is: { gitMaxFiles: 10, gitMemory: 67_108_864 } },
  { flags: ['--git-token-file', '/t'], is: { credentials: { tokenFile: '/t' } } },
  { flags: ['--verify', 'all', '--verify-keys', '/keys'], is: { verify: 'all', verifyKeys: '/keys' } },
  { flags: ['--as', 'shop/deployer'], is: { as: { namespace: 'shop', name: 'deployer' } } },
  { flags: ['--prune-limit', '80%'], is: { pruneLimit: { percent: 80 } } },
  { flags: ['--prune-limit', '20'], is: { pruneLimit: { objects: 20 } } },
  {
    flags: ['--prune-allow', 'namespaces', '--prune-allow', 'crds', '--prune-allow', 'claims'],
    is: { pruneAllow: ['namespaces', 'crds', 'claims'] },
  },
  { flags: ['--timeout', '2m'], is: { timeout: 120_000 } },
])('$flags describe the one source', ({ flags, is }) => {
  expect(read(...flags).sources).toEqual([{ ...SOURCE, ...is }]);
});

test('--ssh-key and --known-hosts describe a source of SSH', () => {
  const url = 'git@git.example.com:hello.git';
  const source = { ...SOURCE, url, credentials: { sshKeyFile: '/k' }, knownHosts: '/h' };
  expect(parse('--git-url', url, '--ssh-key', '/k', '--known-hosts', '/h').sources).toEqual([source]);
});

test.each([
  { flags: ['--sync-interval', '1h'], are: { syncInterval: 3_600_000 } },
  {
    flags: ['--kustomize', 'kubectl', '--render-memory', '1GiB'],
    are: { kustomize: 'kubectl', renderMemory: 2 ** 30 },
  },
  { flags: ['--name', 'shop-1'], are: { name: 'shop-1' } },
  { flags: ['--once', '--json'], are: { once: true, json: true } },
  { flags: ['--once', '--dry-run'], are: { once: true, dryRun: true } },
  { flags: ['--http-port', '8080'], are: { httpPort: 8080 } },
])('$flags are the agent’s own', ({ flags, are }) => {
  expect(read(...flags)).toMatchObject(are);
});

test('a file has any number of sources, and flags beside it are stronger', () => {
  const { read: readIt } = readFile(
    `name: shop
syncInterval: 1m
sources:
  - { url: ${URL}, branch: production }
  - name: tools
    url: git@git.example.com:tools.git
    paths: [monitoring, logging]
    credentials: { sshKeyFile: /keys/tools }
    as: tools/deployer
    marker: false
`,
    '--sync-interval',
    '10m',
  );
  expect(readIt()).toMatchObject({
    name: 'shop',
    syncInterval: 600_000,
    sources: [
      { ...SOURCE, branch: 'production' },
      {
        ...SOURCE,
        name: 'tools',
        url: 'git@git.example.com:tools.git',
        paths: ['monitoring', 'logging'],
        credentials: { sshKeyFile: '/keys/tools' },
        as: { namespace: 'tools', name: 'deployer' },
        marker: false,
      },
    ],
  });
});

describe('a command line that is wrong says what was expected', () => {
  test.each([
    { fault: 'no repository', flags: [], says: '--git-url: expected the URL or path of a repository' },
    {
      fault: 'a repository and a directory',
      flags: ['--git-url', URL, '--dir', '.', '--once'],
      says: '--dir: expected no repository beside it',
    },
    {
      fault: 'a marker that Git allows no tag to have',
      flags: ['--git-url', 'https://git.example.com/a.git', '--marker', 'applied now'],
      says: '--marker: expected the name of a tag as Git allows it, or false',
    },
    { fault: 'a directory to follow', flags: ['--dir', '.'], says: '--dir: expected --once with it' },
    {
      fault: 'a size without a unit',
      flags: ['--git-url', URL, '--render-memory', '256'],
      says: '--render-memory: expected a size like 512KiB, 100MiB or 1GiB, found "256"',
    },
    {
      fault: 'variables from a kind that holds none',
      flags: ['--git-url', URL, '--variables-from', 'pod/a'],
      says: '--variables-from: expected configmap/NAME or secret/NAME, found "pod/a"',
    },
    {
      fault: 'a duration without a unit',
      flags: ['--git-url', URL, '--timeout', '30'],
      says: '--timeout: expected a duration like 500ms, 15s, 5m or 1h, found "30"',
    },
    {
      fault: 'a duration of nothing',
      flags: ['--git-url', URL, '--git-poll-interval', '0s'],
      says: '--git-poll-interval: expected a duration like 500ms, 15s, 5m or 1h, found "0s"',
    },
    {
      fault: 'a size without a unit',
      flags: ['--git-url', URL, '--git-max-size', '100'],
      says: '--git-max-size: expected a size like 512KiB, 100MiB or 1GiB, found "100"',
    },
    {
      fault: 'a name that is no label',
      flags: ['--git-url', URL, '--name', 'Shop'],
      says: '--name: expected lower-case letters, digits and dashes, 42 at most',
    },
    {
      fault: 'verification without keys',
      flags: ['--git-url', URL, '--verify', 'head'],
      says: '--verify-keys: expected the folder of the keys that verify asks for',
    },
    {
      fault: 'an empty token file',
      flags: ['--git-url', URL, '--git-token-file', ''],
      says: '--git-token-file: expected a path',
    },
    {
      fault: 'a limit that is none',
      flags: ['--git-url', URL, '--prune-limit', '120%'],
      says: '--prune-limit: expected a share like 50%, or a number of objects, found "120%"',
    },
    {
      fault: 'a kind that takes no others with it',
      flags: ['--git-url', URL, '--prune-allow', 'secrets'],
      says: '--prune-allow: expected namespaces, crds or claims',
    },
    {
      fault: 'a dry run for ever',
      flags: ['--git-url', URL, '--dry-run'],
      says: '--dry-run: expected --once with it',
    },
    {
      fault: 'JSON of what is not told once',
      flags: ['--git-url', URL, '--json'],
      says: '--json: expected --once with it',
    },
    {
      fault: 'what is for repositories, beside a directory',
      flags: ['--dir', '.', '--once', '--verify', 'all', '--verify-keys', '/keys', '--git-timeout', '5s'],
      says: `3 faults
  --verify: expected no --dir beside it
  --verify-keys: expected no --dir beside it
  --git-timeout: expected no --dir beside it
`,
    },
    {
      fault: 'where reports go, and none that are sent',
      flags: [
        ...['--git-url', URL, '--report-endpoint', 'http://127.0.0.1:8081', '--report-region', 'eu-west-1'],
        ...['--report-secret-file', '/s', '--report-token-file', '/t'],
      ],
      says: `4 faults
  --report-endpoint: expected the function that takes reports beside it: without one nothing is reported
  --report-region: expected the function that takes reports beside it: without one nothing is reported
  --report-secret-file: expected the function that takes reports beside it: without one nothing is reported
  --report-token-file: expected the function that takes reports beside it: without one nothing is reported
`,
    },
    {
      fault: 'the token of a runtime without its endpoint',
      flags: ['--git-url', URL, '--report-function', 'report-apply', '--report-token-file', '/t'],
      says: '--report-token-file: expected the endpoint of the local runtime beside it, which the token opens',
    },
    {
      fault: 'a secret of nudges, and nowhere that they arrive',
      flags: ['--git-url', URL, '--nudge-secret-file', '/s', '--http-port', '0'],
      says: '--nudge-secret-file: expected a port to listen on: httpPort is 0, so no nudge arrives',
    },
    {
      fault: 'keys that no signature is looked at with',
      flags: ['--git-url', URL, '--verify-keys', '/keys'],
      says: '--verify-keys: expected verify: head or all beside it; without that no signature is looked at',
    },
    {
      fault: 'a token for SSH',
      flags: ['--git-url', 'ssh://git@git.example.com/hello.git', '--git-token-file', '/t'],
      says: '--git-token-file: expected an http(s) url: a token opens no other',
    },
    {
      fault: 'what is of SSH alone, for HTTPS',
      flags: ['--git-url', URL, '--ssh-key', '/k', '--known-hosts', '/h'],
      says: `2 faults
  --ssh-key: expected a url of SSH: a key opens no other
  --known-hosts: expected a url of SSH: no other asks for known hosts
`,
    },
    {
      fault: 'a password in the URL of a repository',
      flags: ['--git-url', 'https://me:secret@git.example.com/hello.git'],
      says: '--git-url: expected a url without a password, found https://git.example.com/hello.git. Give the password as the credentials of the repository.',
    },
    {
      fault: 'a password where reports go',
      flags: ['--git-url', URL, '--report-function', 'f', '--report-endpoint', 'http://me:secret@127.0.0.1:8081'],
      says: '--report-endpoint: expected an address without a user, a password or a query: it is kept where many can read it',
    },
    {
      fault: 'a token in the URL of a queue',
      flags: ['--git-url', URL, '--nudge-queue', 'https://sqs.eu-central-1.amazonaws.com/1/nudges?token=secret'],
      says: '--nudge-queue: expected an address without a user, a password or a query: it is kept where many can read it',
    },
    {
      fault: 'an endpoint without its scheme',
      flags: ['--git-url', URL, '--report-function', 'f', '--report-endpoint', 'localhost:8081'],
      says: '--report-endpoint: expected a URL like https://sluice.example.com:8081',
    },
    {
      fault: 'several faults',
      flags: ['--git-url', URL, '--verify', 'some', '--as', 'deployer', '--log-level', 'loud'],
      says: `3 faults
  --verify: expected none, head or all
  --as: expected a service account as namespace/name
  --log-level: expected debug, info, warn or error
`,
    },
  ])('$fault', ({ flags, says }) => {
    expect(() => parse(...flags)).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: `command line: ${says}` }),
    );
  });
});

describe('a file that is wrong names every fault with its path', () => {
  test.each([
    { fault: 'nothing in it', text: '', says: 'expected a mapping with sources' },
    { fault: 'no sources', text: 'name: shop\n', says: 'sources: expected a list of sources' },
    { fault: 'an empty list', text: 'sources: []\n', says: 'sources: expected at least one source' },
    { fault: 'no YAML', text: 'sources: [\n', says: 'line 2: Flow sequence' },
    {
      fault: 'faults in several places',
      text: `sources:
  - { url: ${URL}, paths: [], timeout: 30 }
  - { name: Tools, url: 1, verify: head }
stateDir: ''
colour: red
`,
      says: `6 faults
  sources[0].paths: expected at least one path
  sources[0].timeout: expected a duration like 500ms, 15s, 5m or 1h
  sources[1].name: expected lower-case letters, digits and dashes, 42 at most
  sources[1].url: expected the URL or path of a repository
  stateDir: expected a path
  colour: there is no such setting
`,
    },
    {
      fault: 'a name twice',
      text: `sources: [{ name: a, url: ${URL} }, { name: a, url: ${URL} }]`,
      says: 'sources[1].name: expected each name once, found a',
    },
    {
      fault: 'two sources without a name',
      text: `sources: [{ url: ${URL} }, { url: ${URL} }]`,
      says: 'sources[1].name: expected each name once, found two without one',
    },
    {
      fault: 'names that are too long together',
      text: `name: ${'a'.repeat(40)}\nsources: [{ name: ${'b'.repeat(30)}, url: ${URL} }]`,
      says: 'sources[0].name: expected 63 letters at most with the name of the agent',
    },
  ])('$fault', ({ text, says }) => {
    const { file, read: readIt } = readFile(text);
    expect(readIt).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(`${file}: ${says}`) }),
    );
  });

  test('a file that is not there', () => {
    expect(() => parse('--config', '/nowhere/agent.yml')).toThrow(
      '/nowhere/agent.yml: cannot be read (ENOENT: no such file or directory',
    );
  });

  test('flags of a source beside it', () => {
    const { file, read: readIt } = readFile(`sources: [{ url: ${URL} }]`, '--git-branch', 'main', '--as', 'a/b');
    expect(readIt).toThrow(`${file}: 2 faults
  --git-branch: expected it in sources of the file
  --as: expected it in sources of the file
`);
  });
});
