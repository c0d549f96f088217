import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { sluice } from '../../command-line.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-install-'));
afterAll(() => rmSync(directory, { recursive: true }));

const URL = ['--git-url', 'https://git.example.com:3000/hello.git', '--git-path', 'k8s'];

const install = async (...words: readonly string[]) => sluice(['install', ...words]);

interface Printed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly egress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
    readonly template?: {
      readonly spec: { readonly containers: readonly { readonly resources: { readonly limits: object } }[] };
    };
  };
}

const printed = async (...words: readonly string[]) => {
  const { stdout } = await install(...words);
  return parseAllDocuments(stdout).map((document): Printed => document.toJS());
};
const BY_SSH = ['--git-url', 'git@git.example.com:hello.git'];
const HOST_KEYS = 'git.example.com ssh-ed25519 AAAA\n';
const hostsOf = (name: string, text: string) => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};
const fileOf = (name: string, sources: string) => {
  const file = join(directory, name);
  writeFileSync(file, `sources:\n${sources}`);
  return file;
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
      '--report-secret',
      'r',
      '--nudge-secret',
      'n',
    ],
    config: {
      sources: [{ url: URL[1], branch: 'main', paths: ['k8s'], marker: false }],
      reportFunction: 'arn:aws:lambda:x',
      reportRegion: 'eu-west-1',
      reportSecretFile: '/etc/sluice-agent/report/secret',
      nudgeSecretFile: '/etc/sluice-agent/nudge/secret',
    },
  },
  {
    flags: [
      '--report-function',
      'report-apply',
      '--report-endpoint',
      'http://sluice.internal:8081',
      '--report-token-secret',
      't',
    ],
    config: {
      sources: [{ url: URL[1], branch: 'main', paths: ['k8s'] }],
      reportFunction: 'report-apply',
      reportEndpoint: 'http://sluice.internal:8081',
      reportTokenFile: '/etc/sluice-agent/report-token/token',
    },
  },
])('the flags $flags stand for a configuration', async ({ flags, config }) => {
  expect(configOf(await printed(...URL, ...flags))).toEqual(config);
});

test('the port of a repository may be reached', async () => {
  const policy = (await printed(...URL)).find(({ kind }) => kind === 'NetworkPolicy');
  expect(policy?.spec?.egress?.[0]?.ports.map(({ port }) => port)).toEqual([53, 53, 443, 6443, 22, 3000]);
});

test.each([
  { what: 'of HTTP without one', sources: '  - { url: http://git.internal/x.git }\n', ports: [80] },
  {
    what: 'of SSH',
    sources: '  - { url: "ssh://git@git.internal:2222/x.git", knownHosts: /hosts-of-ours }\n',
    ports: [2222],
  },
  {
    what: 'where there is none',
    sources: '  - { url: "git@git.internal:3000/x.git", knownHosts: /hosts-of-ours }\n',
    ports: [],
  },
  {
    what: 'of where reports go and nudges come from',
    sources: `  - { url: https://git.example.com/x.git }
reportFunction: report-apply
reportEndpoint: http://sluice.internal:8080
nudgeQueue: http://sqs.internal/1/nudges
`,
    ports: [8080, 80],
  },
])('the ports that a file names may be reached: $what', async ({ sources, ports }) => {
  const policy = (await printed('--config', fileOf('ports.yml', sources))).find(({ kind }) => kind === 'NetworkPolicy');
  expect(policy?.spec?.egress?.[0]?.ports.map(({ port }) => port)).toEqual([53, 53, 443, 6443, 22, ...ports]);
});

test('a file is taken as it is', async () => {
  const file = join(directory, 'agent.yml');
  const text = '# two\nsources: [{ name: a, url: https://git.example.com/a.git }, { name: b, url: /srv/b.git }]\n';
  writeFileSync(file, text);
  const objects = await printed('--config', file);
  expect(objects.find(({ kind }) => kind === 'ConfigMap')?.data?.['agent.yml']).toBe(text);
});

const OWN_SOURCE = '  - { url: https://git.example.com/a.git }\n';
const TENANTS =
  '  - { name: a, url: /srv/a.git, as: tools/deployer }\n  - { name: b, url: /srv/b.git, as: shop/deployer }\n  - { name: c, url: /srv/c.git, as: shop/deployer }\n';
const WIDE = ['clusterrole/sluice-sluice-agent'];
const IMPERSONATION = ['role/tools/sluice-agent-as-deployer', 'role/shop/sluice-agent-as-deployer'];

test.each([
  { what: 'the agent itself', sources: OWN_SOURCE, flags: [], roles: WIDE },
  { what: 'accounts alone', sources: TENANTS, flags: [], roles: IMPERSONATION },
  { what: 'both', sources: OWN_SOURCE + TENANTS, flags: [], roles: [...WIDE, ...IMPERSONATION] },
  {
    what: 'both, and the agent in one namespace',
    sources: OWN_SOURCE + TENANTS,
    flags: ['--target-namespace', 'blog'],
    roles: ['role/blog/sluice-agent', ...IMPERSONATION],
  },
])('the rights are those that the sources of a file need: $what', async ({ sources, flags, roles }) => {
  const objects = await printed('--config', fileOf('rights.yml', sources), ...flags);
  const names = objects.flatMap(({ kind, metadata: { namespace, name } }) =>
    kind === 'Role' || kind === 'ClusterRole'
      ? [[kind.toLowerCase(), ...(namespace === undefined ? [] : [namespace]), name].join('/')]
      : [],
  );
  expect(names).toEqual(['role/sluice/sluice-agent-own', ...roles]);
});

test.each([
  {
    what: 'what the file says',
    words: () => [
      ...['--config', fileOf('own.yml', OWN_SOURCE), '--as', 'a/b', '--git-branch', 'main', '--no-marker'],
      ...['--report-region', 'eu-west-1'],
    ],
    says: `own.yml: --git-branch: expected it in sources of the file alone
  --no-marker: expected it in sources of the file alone
  --as: expected it in sources of the file alone
  --report-region: expected it in the file alone
`,
  },
  {
    what: 'rights of its own where a file has accounts alone',
    words: () => ['--config', fileOf('tenants.yml', TENANTS), '--target-namespace', 'a', '--allow', 'example.com/b'],
    says: `tenants.yml: --target-namespace: expected a source without an account, found that all is applied as tools/deployer, shop/deployer, with what your roles allow
  --allow: expected a source without an account, found that all is applied as tools/deployer, shop/deployer, with what your roles allow
`,
  },
  {
    what: 'rights of its own beside --as',
    words: () => [...URL, '--as', 'a/b', '--target-namespace', 'a'],
    says: 'sluice install: --target-namespace: expected a source without an account, found that all is applied as a/b, with what your roles allow\n',
  },
  {
    what: 'what belongs to reports, without a function that takes them',
    words: () => [
      ...[...URL, '--report-endpoint', 'http://sluice.internal:8081', '--report-region', 'eu-west-1'],
      ...['--report-secret', 'r', '--report-token-secret', 't'],
    ],
    says: `sluice install: --report-endpoint: expected the function that takes reports beside it: without one nothing is reported
  --report-region: expected the function that takes reports beside it: without one nothing is reported
  --report-secret: expected the function that takes reports beside it: without one nothing is reported
  --report-token-secret: expected the function that takes reports beside it: without one nothing is reported
`,
  },
  {
    what: 'a role at AWS, which nothing would use',
    words: () => [...URL, '--aws-role', 'arn:aws:iam::123456789012:role/agent'],
    says: 'sluice install: --aws-role: expected a function that takes reports, or a queue of nudges: nothing else asks AWS\n',
  },
  {
    what: 'keys that no signature is looked at with',
    words: () => [...URL, '--verify-secret', 'keys'],
    says: 'sluice install: --verify-secret: expected verify: head or all beside it; without that no signature is looked at\n',
  },
  {
    what: 'known hosts of what is no SSH',
    words: () => [...URL, '--known-hosts', hostsOf('hosts-unused', HOST_KEYS)],
    says: 'sluice install: --known-hosts: expected a url of SSH: no other asks for known hosts\n',
  },
  {
    what: 'a token for SSH',
    words: () => [...BY_SSH, '--git-token-secret', 'git', '--known-hosts', hostsOf('hosts-token', HOST_KEYS)],
    says: 'sluice install: --git-token-secret: expected an http(s) url: a token opens no other\n',
  },
  {
    what: 'Secrets that the file reads nothing of',
    words: () => [
      ...['--config', fileOf('unread.yml', OWN_SOURCE), '--git-token-secret', 'git', '--verify-secret', 'keys'],
      ...['--report-secret', 'r', '--nudge-secret', 'n', '--known-hosts', hostsOf('hosts-unread', HOST_KEYS)],
    ],
    says: `unread.yml: --git-token-secret: expected a setting that reads /etc/sluice-agent/git, found none
  --known-hosts: expected a setting that reads /etc/sluice-agent/config/known_hosts, found none
  --verify-secret: expected a setting that reads /etc/sluice-agent/verify, found none
  --report-secret: expected a setting that reads /etc/sluice-agent/report, found none
  --nudge-secret: expected a setting that reads /etc/sluice-agent/nudge, found none
`,
  },
])('flags of no effect are refused: $what', async ({ words, says }) => {
  expect(await install(...words())).toMatchObject({ code: 1, stderr: expect.stringContaining(says) });
});

test.each([
  {
    what: 'a Secret that the file reads and no flag names',
    words: () => [
      '--config',
      fileOf(
        'unmounted.yml',
        `  - url: https://git.example.com/a.git
    credentials: { tokenFile: /etc/sluice-agent/git/token }
    verify: head
    verifyKeys: /etc/sluice-agent/verify
reportFunction: report-apply
reportSecretFile: /etc/sluice-agent/report/secret
`,
      ),
    ],
    says: `unmounted.yml: reportSecretFile: expected --report-secret, which puts /etc/sluice-agent/report/secret there
  sources[0].credentials.tokenFile: expected --git-token-secret, which puts /etc/sluice-agent/git/token there
  sources[0].verifyKeys: expected --verify-secret, which puts /etc/sluice-agent/verify there
`,
  },
  {
    what: 'SSH without the keys of its host',
    words: () => BY_SSH,
    says: 'sluice install: --known-hosts: expected a file with the keys of git.example.com: run `ssh-keyscan git.example.com`, and check its output against what the host publishes\n',
  },
  {
    what: 'SSH of a file without them',
    words: () => ['--config', fileOf('blind.yml', '  - { url: "ssh://git@git.internal:2222/x.git" }\n')],
    says: 'blind.yml: sources[0].knownHosts: expected /etc/sluice-agent/config/known_hosts, and --known-hosts with the keys of git.internal: run `ssh-keyscan -p 2222 git.internal`, and check its output against what the host publishes\n',
  },
  {
    what: 'known hosts without a key',
    words: () => [...BY_SSH, '--known-hosts', hostsOf('hosts-empty', '# nothing yet\n')],
    says: 'sluice install: --known-hosts: expected keys of hosts, found none\n',
  },
])('what no pod could come up with is refused: $what', async ({ words, says }) => {
  const { code, stdout, stderr } = await install(...words());
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(says) });
});

test('SSH with the keys of its host brings them into the pod', async () => {
  const objects = await printed(...BY_SSH, '--known-hosts', hostsOf('hosts', HOST_KEYS));
  const config = { sources: [{ url: BY_SSH[1], branch: 'main', knownHosts: '/etc/sluice-agent/config/known_hosts' }] };
  expect(configOf(objects)).toEqual(config);
  expect(objects.find(({ kind }) => kind === 'ConfigMap')?.data?.['known_hosts']).toBe(HOST_KEYS);
});

test.each([
  {
    what: 'the URL of a repository',
    words: () => ['--git-url', 'https://me:s3cret@git.example.com/hello.git'],
    says: 'sluice install: --git-url: expected a url without a password, found https://git.example.com/hello.git. Give the password as the credentials of the repository.\n',
  },
  {
    what: 'the URL of a repository in a file',
    words: () => ['--config', fileOf('password.yml', '  - { url: "https://me:s3cret@git.example.com/hello.git" }\n')],
    says: 'password.yml: sources[0].url: expected a url without a password, found https://git.example.com/hello.git. Give the password as the credentials of the repository.\n',
  },
  {
    what: 'where reports go',
    words: () => [...URL, '--report-function', 'f', '--report-endpoint', 'https://me:s3cret@sluice.internal'],
    says: 'sluice install: --report-endpoint: expected an address without a user, a password or a query: it is kept where many can read it\n',
  },
])('a password is never printed into a ConfigMap: in $what', async ({ words, says }) => {
  const { code, stdout, stderr } = await install(...words());
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(says) });
  expect(stderr).not.toContain('s3cret');
});

test.each([
  { what: 'its own', flags: [], kinds: ['Namespace', 'ServiceAccount'] },
  { what: 'another, in which others may be', flags: ['--namespace', 'platform'], kinds: ['ServiceAccount'] },
])('the namespace is printed where it is the agent’s own: $what', async ({ flags, kinds }) => {
  const objects = await printed(...URL, ...flags);
  expect(objects.slice(0, kinds.length).map(({ kind }) => kind)).toEqual(kinds);
});

test.each([
  { what: 'as much as the limits of rendering ask for', flags: [], limit: '1Gi' },
  { what: 'what --memory-limit says', flags: ['--memory-limit', '4Gi'], limit: '4Gi' },
])('a pod may take of memory $what', async ({ flags, limit }) => {
  const deployment = (await printed(...URL, ...flags)).find(({ kind }) => kind === 'Deployment');
  expect(deployment?.spec?.template?.spec.containers[0]?.resources.limits).toEqual({ memory: limit });
});

test.each([
  {
    what: 'a field that there is not',
    text: '- url: x\n  paths: k8s\n  bogus: 1',
    says: ['sources[0].paths: expected a list of paths', 'sources[0].bogus: there is no such setting'],
  },
  {
    what: 'two sources without a name',
    text: '- url: x\n- url: y',
    says: ['sources[1].name: expected each name once, found two without one'],
  },
  { what: 'what is no YAML', text: '- [', says: ['faulty.yml: line 2: '] },
])('a file is refused as the agent would refuse it: $what', async ({ text, says }) => {
  const { code, stdout, stderr } = await install('--config', fileOf('faulty.yml', text));
  expect({ code, stdout, said: says.filter((line) => stderr.includes(line)) }).toEqual({
    code: 1,
    stdout: '',
    said: says,
  });
});

test.each([
  { flags: [], code: 1, says: 'sluice install: expected --git-url, or --config with sources, found neither.' },
  { flags: [...URL, '--as', 'a/b', '--as', 'c/d'], code: 1, says: 'expected --as once, found a/b, c/d' },
  { flags: ['--config', '/no/such.yml'], code: 1, says: '/no/such.yml: expected a file, found ENOENT' },
  {
    flags: [...URL, '--verify', 'some'],
    code: 1,
    says: 'sluice install: --verify: expected none, head or all',
  },
  { flags: [...URL, '--as', 'deployer'], code: 2, says: 'Expected a service account as namespace/name.' },
  { flags: [...URL, '--allow', 'widgets'], code: 2, says: 'Expected group/resource: example.com/widgets, /nodes.' },
  { flags: [...URL, '--replicas', '0'], code: 2, says: 'Expected a number from 1 to 100.' },
  { flags: [...URL, '--memory-limit', '2GiB'], code: 2, says: 'Expected a size like 512Mi or 2Gi.' },
  { flags: [...URL, '--egress-port', 'http'], code: 2, says: 'Expected a port.' },
  // As of a variable of the shell that is not set: kubectl would take its own namespace for that.
  { flags: [...URL, '--target-namespace', ''], code: 2, says: 'Expected the name of a namespace' },
  { flags: [...URL, '--namespace', 'Sluice'], code: 2, says: 'Expected the name of a namespace' },
  { flags: [...URL, '--git-token-secret', ''], code: 2, says: 'Expected the name of a Secret.' },
  { flags: [...URL, '--image', ''], code: 2, says: 'expected an image like registry.example.com/team/app:1.0.0' },
  { flags: [...URL, '--image', 'Registry/Agent:1'], code: 2, says: 'with the repository in lower case' },
  {
    flags: [...URL, '--report-function', 'f', '--aws-role', 'ROLE'],
    code: 2,
    says: 'Expected the ARN of a role: arn:aws:iam::123456789012:role/agent.',
  },
])('$flags are refused', async ({ flags, code, says }) => {
  const refused = await install(...flags);
  expect(refused).toMatchObject({ code, stderr: expect.stringContaining(says) });
});
