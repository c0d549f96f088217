import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openCluster } from '../../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../../infra/agent/cluster/kubeconfig.ts';
import { statusId } from '../../../infra/agent/observe/status.ts';
import { createRepository } from '../../../infra/demo/git-server/repository.ts';
import type { GitServer } from '../../../infra/demo/git-server/server.ts';
import { type Kubernetes, startKubernetes } from '../../../infra/demo/kubernetes/server.ts';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import { freePort } from '../../cluster/free-port.ts';
import { bareRepository } from '../../contract/bare-repository.ts';
import { startGitServerApart } from '../../git-server/apart.ts';
import { agentProgram } from './agent-program.ts';
import { signing } from './git/verify/signing.ts';
import { writeTree } from './render/tree.ts';

let program: string;
let directory: string;
let git: GitServer;
let kubernetes: Kubernetes;
let kubeconfig: string;

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';
const USERS = [
  { name: 'writer', password: 'w', write: true },
  { name: 'reader', password: 'r', write: false },
];

beforeAll(async () => {
  program = await agentProgram();
  directory = mkdtempSync(join(tmpdir(), 'sluice-agent-'));
  git = await startGitServerApart({ directory, users: USERS });
  kubernetes = await startKubernetes();
  kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  for (const { name, password } of USERS) {
    writeFileSync(join(directory, name), `${name}:${password}\n`);
  }
  await createRepository(directory, 'good.git', { branch: 'main', files: { 'k8s/a.yml': CONFIG_MAP } });
  const refused = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec: { template: {} }\n';
  await createRepository(directory, 'bad.git', { branch: 'main', files: { 'k8s/d.yml': refused } });
});
afterAll(async () => {
  await Promise.all([git.stop(), kubernetes.stop()]);
  rmSync(directory, { recursive: true });
});

function start(repository: string, user: string, more: readonly string[]) {
  const flags = ['--git-url', `${git.url}/${repository}`, '--git-path', 'k8s', '--timeout', '5s'];
  return startWith([...flags, '--git-token-file', join(directory, user), ...more]);
}

function startWith(flags: readonly string[]) {
  const state = ['--state-dir', mkdtempSync(join(directory, 'state-'))];
  const child = spawn(process.execPath, [program, ...state, ...flags]);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, ...output }));
  });
  return { child, output, ended };
}

const once = async (repository: string, user: string, ...more: readonly string[]) =>
  start(repository, user, ['--once', '--kubeconfig', kubeconfig, ...more]).ended;

describe('sluice-agent --once', () => {
  test('applies a revision, marks it, and ends with 0', async () => {
    const { status, stdout } = await once('good.git', 'writer');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'configmap/default/a created\n' });
    const bare = join(directory, 'good.git');
    const ask = (...command: readonly string[]) => execFileSync('git', ['-C', bare, ...command], { encoding: 'utf8' });
    expect(ask('rev-parse', 'sluice-sync^{commit}')).toBe(ask('rev-parse', 'main'));
  });

  test('as a dry run shows what would be done, and leaves the marker', async () => {
    const files = { 'k8s/new.yml': CONFIG_MAP.replace('name: a', 'name: new') };
    await createRepository(directory, 'new.git', { branch: 'main', files });
    const { status, stdout } = await once('new.git', 'writer', '--name', 'new', '--dry-run');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        /^configmap\/default\/new created\n\ndiff --git .*\+\+\+ after\/configmap\/default\/new\.yaml\n.*\+ {2}name: new\n/s,
      ),
    });
    const tags = execFileSync('git', ['-C', join(directory, 'new.git'), 'tag'], { encoding: 'utf8' });
    expect(tags).toBe('');
  });

  test('tells the result as JSON', async () => {
    const { stdout } = await once('good.git', 'writer', '--json');
    expect(JSON.parse(stdout)).toEqual({
      revision: expect.stringMatching(/^[0-9a-f]{40}$/),
      objects: [{ object: 'configmap/default/a', action: 'unchanged' }],
      healthy: true,
    });
  });

  test('reads the whole commit: a kustomization may be made of what lies beside its path', async () => {
    const files = { 'k8s/kustomization.yaml': 'resources: [../base, ../none]\n', 'base/kustomization.yaml': '' };
    await createRepository(directory, 'kustomized.git', { branch: 'main', files });
    const { status, stderr } = await once('kustomized.git', 'reader');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^k8s\/kustomization\.yaml:1: resources names \.\.\/none, which is not in the repository/m);
    expect(stderr).not.toContain('names ../base');
  });

  test('with a key that may only read leaves the marker, says so, and ends with 0', async () => {
    const { status, stderr } = await once('good.git', 'reader');
    expect(status).toBe(0);
    expect(stderr).toContain('"message":"marker not moved"');
  });

  test('names what failed, and ends with 1', async () => {
    const { status, stderr } = await once('bad.git', 'writer');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^deployment\/default\/d: Deployment\.apps "d" is invalid: \[?spec\.selector: Required value/m,
    );
  });

  test.each([
    {
      fault: 'a repository that does not exist',
      flags: [] as readonly string[],
      repository: 'none.git',
      says: /^repository http:\S+none\.git: .*[Nn]ot found/m,
    },
    {
      fault: 'a kubeconfig that is not there',
      flags: ['--kubeconfig', '/nowhere/kubeconfig'],
      repository: 'good.git',
      says: /^\/nowhere\/kubeconfig: expected a cluster to talk to, found ENOENT.* Check --kubeconfig\.$/m,
    },
    {
      fault: 'a context that is not there',
      flags: ['--context', 'other'],
      repository: 'good.git',
      says: /^context other: expected a cluster to talk to, found only sluice-demo\. Choose one of these with --context\.$/m,
    },
  ])('$fault ends it with 1 and a message', async ({ flags, repository, says }) => {
    const { status, stderr } = await once(repository, 'writer', ...flags);
    expect(status).toBe(1);
    expect(stderr).toMatch(says);
  });

  test('a token that the cluster does not take ends it with 1 and a message', async () => {
    const stranger = join(directory, 'stranger');
    writeFileSync(stranger, kubernetes.kubeconfig.replace(/"token":"\w+"/, '"token":"wrong"'));
    const { status, stderr } = await once('good.git', 'writer', '--kubeconfig', stranger);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^cluster http:\S+, v1: Unauthorized\. Check the credentials that the kubeconfig names\.$/m);
  });

  test('a cluster that does not answer ends it with 1 and a message', async () => {
    const closed = await startGitServerApart({ directory });
    await closed.stop();
    const nowhere = join(directory, 'nowhere');
    writeFileSync(nowhere, kubernetes.kubeconfig.replaceAll(kubernetes.url, closed.url));
    const { status, stderr } = await once('good.git', 'writer', '--kubeconfig', nowhere);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^cluster http:\/\/127\.0\.0\.1:\d+: expected an answer of its API, found .*ECONNREFUSED/m);
  });
});

/** What the agent has logged so far. */
const linesOf = ({ stderr }: { readonly stderr: string }) =>
  stderr.split('\n').flatMap((line): readonly Record<string, unknown>[] => (line === '' ? [] : [JSON.parse(line)]));

async function until<T>(what: string, found: () => T | undefined): Promise<T> {
  return vi.waitUntil(found, { timeout: 30_000, interval: 20 }).catch((cause: unknown) => {
    throw new Error(`waited for ${what}`, { cause });
  });
}

const inside = (bare: string, ...command: readonly string[]) =>
  execFileSync('git', ['-C', bare, ...command], { encoding: 'utf8' }).trim();

/** Puts a commit on the branch that changes nothing. */
function commitOnto(bare: string): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  const next = inside(bare, ...identity, 'commit-tree', '-p', 'main', '-m', 'x', 'main^{tree}');
  inside(bare, 'update-ref', 'refs/heads/main', next);
  return next;
}

test('a report does not say as whom a repository is fetched: that may be a token', async () => {
  const told: string[] = [];
  const endpoint = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => told.push(chunk.toString()));
    request.on('end', () => response.writeHead(202).end());
  });
  const { host, close } = await listenOnLoopback(endpoint, 0);
  onTestFinished(close);
  const url = `${git.url.replace('//', '//writer@')}/good.git`;
  const reporting = ['--report-function', 'report-apply', '--report-endpoint', `http://${host}`];
  const flags = ['--once', '--git-url', url, '--git-path', 'k8s', '--kubeconfig', kubeconfig, ...reporting];
  const { status } = await startWith([...flags, '--git-token-file', join(directory, 'writer')]).ended;
  expect({ status, told: told.map((one) => JSON.parse(one).repository) }).toEqual({
    status: 0,
    told: [`${git.url}/good.git`],
  });
});

test("a report goes to the region that the function's ARN names", async () => {
  const signed: unknown[] = [];
  const endpoint = createServer((request, response) => {
    signed.push(request.headers.authorization);
    request.resume().on('end', () => response.writeHead(202).end());
  });
  const { host, close } = await listenOnLoopback(endpoint, 0);
  onTestFinished(close);
  const name = 'arn:aws:lambda:us-east-2:123456789012:function:report-apply';
  const reporting = ['--report-function', name, '--report-endpoint', `http://${host}`];
  expect((await once('good.git', 'writer', '--name', 'region', ...reporting)).status).toBe(0);
  expect(signed).toEqual([expect.stringContaining('/us-east-2/lambda/aws4_request')]);
});

describe('sluice-agent --once --dir', () => {
  const onDirectory = async (files: Readonly<Record<string, string>>, ...more: readonly string[]) => {
    const dir = writeTree(files);
    const flags = ['--once', '--dir', dir, '--name', 'dir', '--kubeconfig', kubeconfig, '--timeout', '5s', ...more];
    return startWith(flags).ended;
  };

  test('applies a directory without Git, and tells its hash as the revision', async () => {
    const files = { 'b.yml': CONFIG_MAP.replace('name: a', 'name: b') };
    const { status, stdout } = await onDirectory(files, '--json');
    expect({ status, told: JSON.parse(stdout) }).toEqual({
      status: 0,
      told: {
        revision: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        objects: [{ object: 'configmap/default/b', action: 'created' }],
        healthy: true,
      },
    });
    expect((await onDirectory(files)).stdout).toBe('configmap/default/b unchanged\n');
  });

  test('fills in variables that objects of the cluster hold, later ones over earlier ones', async () => {
    const variables = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\ndata: { NAME: first, COLOUR: red }
---\napiVersion: v1\nkind: Secret\nmetadata: { name: two }\ndata: { COLOUR: Ymx1ZQ== }\n`;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what users write
    const named = { 'v.yml': variables, 'n.yml': CONFIG_MAP.replace('name: a', 'name: "is-${NAME}-${COLOUR}"') };
    const absent = await onDirectory(named, '--variables-from', 'configmap/one');
    expect({ status: absent.status, stderr: absent.stderr }).toEqual({
      status: 1,
      stderr:
        'configmap/default/one: expected variables, found no such object. Create it, or leave it out of --variables-from.\n',
    });
    await onDirectory({ 'v.yml': variables });
    const { stdout } = await onDirectory(named, '--variables-from', 'configmap/one', '--variables-from', 'secret/two');
    expect(stdout).toContain('configmap/default/is-first-blue created\n');
  });

  test('names what cannot be rendered, applies the rest, and prunes nothing', async () => {
    const { status, stdout, stderr } = await onDirectory({
      'c.yml': CONFIG_MAP.replace('name: a', 'name: c'),
      'k8s/kustomization.yaml': 'resources: [https://example.com/app.yml]\n',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'configmap/default/c created\n' });
    expect(stderr).toMatch(
      /^k8s\/kustomization\.yaml:1: resources names https:\/\/example\.com\/app\.yml, which is not in the repository/m,
    );
  });

  test('prints nothing that a terminal would act on, whatever stands in the directory', async () => {
    const evil = 'e\u001b]0;x\u0007\u202e';
    const files = {
      [`k8s/${evil}/kustomization.yaml`]: 'resources: [none]\n',
      'c.yml': `${CONFIG_MAP.replace('name: a', 'name: shown')}data: { a: "\\u202ex\\u2066" }\n`,
    };
    const { stdout, stderr } = await onDirectory(files, '--dry-run');
    expect(stderr.split('\n')).toContainEqual(
      expect.stringMatching(/^k8s\/e\\x1b\]0;x\\x07\\u202e\/kustomization\.yaml:1: resources names none/),
    );
    expect(stdout).toMatch(/\+ {2}a: "?\\u202ex\\u2066"?\n/);
    expect(stdout).not.toMatch(/[^\P{C}\n]/u);
  });

  test('says so where there is no such directory', async () => {
    const { status, stderr } = await startWith(['--once', '--dir', '/nowhere', '--kubeconfig', kubeconfig]).ended;
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^\/nowhere: expected a directory, found ENOENT.*\. Check --dir\.\n$/),
    });
  });
});

test('SIGTERM ends the loop between two steps, with 0', async () => {
  const { child, output, ended } = start('good.git', 'writer', [
    '--kubeconfig',
    kubeconfig,
    '--git-poll-interval',
    '100ms',
  ]);
  await until('a revision', () => output.stderr.includes('revision healthy') || undefined);
  child.kill('SIGTERM');
  expect((await ended).status).toBe(0);
});

test('the marker is put on a revision once, however often that is applied again', async () => {
  const bare = await createRepository(directory, 'marked.git', { branch: 'main', files: { 'k8s/a.yml': CONFIG_MAP } });
  const often = ['--kubeconfig', kubeconfig, '--git-poll-interval', '50ms', '--sync-interval', '50ms'];
  const { child, output, ended } = start('marked.git', 'writer', often);
  const marks = () => linesOf(output).filter(({ message }) => message === 'marker moved');
  const syncs = () => linesOf(output).filter(({ message }) => message === 'revision healthy');
  await until('a third sync', () => syncs().length > 2 || undefined);
  expect(marks().length).toBe(1);
  const next = commitOnto(bare);
  await until('the next', () => marks().find(({ revision }) => revision === next));
  child.kill('SIGTERM');
  await ended;
});

test('SIGTERM while a roll-out is waited for does not tell that it failed', async () => {
  const slow = await startKubernetes({ podMillis: 600_000 });
  onTestFinished(async () => slow.stop());
  const file = join(directory, 'slow');
  writeFileSync(file, slow.kubeconfig);
  const template = '{ metadata: { labels: { app: d } }, spec: { containers: [{ name: d, image: "d:1" }] } }';
  const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec: { selector: { matchLabels: { app: d } }, template: ${template} }\n`;
  await createRepository(directory, 'slow.git', { branch: 'main', files: { 'k8s/d.yml': deployment } });
  const { child, output, ended } = start('slow.git', 'writer', ['--kubeconfig', file, '--timeout', '10m']);
  await until('the wait', () => output.stderr.includes('waiting for health') || undefined);
  child.kill('SIGTERM');
  expect((await ended).status).toBe(0);
  const cluster = openCluster(await clusterAccess(file, undefined), 5000);
  expect(await cluster.read(statusId('default', 'default'))).toMatchObject({ data: { state: 'waiting' } });
  expect(await cluster.list({ apiVersion: 'v1', kind: 'Event' }, {})).toEqual([]);
});

test('follows several sources, each for itself, and looks at once when it is nudged', async () => {
  const files = {
    'a/a.yml': CONFIG_MAP.replace('name: a', 'name: of-a'),
    'b/b.yml': CONFIG_MAP.replace('name: a', 'name: of-b'),
  };
  const bare = await createRepository(directory, 'both.git', { branch: 'main', files });
  const url = `${git.url}/both.git`;
  const credentials = { tokenFile: join(directory, 'writer') };
  const config = join(directory, 'agent.yml');
  const sources = [
    { name: 'gone', url: `${git.url}/none.git`, credentials },
    { name: 'locked', url: 'git@git.example.com:a.git' },
    { name: 'a', url, paths: ['a'], credentials, marker: 'applied-a', pollInterval: '1h' },
    { name: 'b', url, paths: ['b'], credentials, marker: false, pollInterval: '1h' },
  ];
  const secret = join(directory, 'nudge');
  writeFileSync(secret, 'psst\n');
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({ name: 'shop', kubeconfig, nudgeSecretFile: secret, httpPort: await freePort(), sources }),
  );
  const { child, output, ended } = startWith(['--config', config]);
  const said = (source: string, message: string, more: object = {}) =>
    linesOf(output).find((line) =>
      Object.entries({ source, message, ...more }).every(([key, value]) => line[key] === value),
    );
  await until('both', () => said('a', 'revision healthy') && said('b', 'revision healthy'));
  expect(said('a', 'object created')).toMatchObject({ object: 'configmap/default/of-a' });
  expect(said('b', 'object created')).toMatchObject({ object: 'configmap/default/of-b' });
  const fault = async (source: string) => until(source, () => said(source, 'revision not applied')?.['error']);
  expect(await fault('gone')).toMatchObject({ code: 'git-not-found' });
  expect(await fault('locked')).toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining(
      'expected the keys of git.example.com, found no such file. Run `ssh-keyscan git.example.com`',
    ),
  });

  const next = commitOnto(bare);
  const port = linesOf(output).find(({ message }) => message === 'listening')?.['port'];
  const nudge = async (token: string) =>
    (
      await fetch(`http://127.0.0.1:${String(port)}/nudge`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      })
    ).status;
  expect(await nudge('hush')).toBe(401);
  expect(await nudge('psst')).toBe(202);
  await until(
    'the next',
    () => said('a', 'revision healthy', { revision: next }) && said('b', 'revision healthy', { revision: next }),
  );
  expect(inside(bare, 'rev-parse', 'applied-a^{commit}')).toBe(next);
  child.kill('SIGTERM');
  expect((await ended).status).toBe(0);
});

test('keeps to the last good revision where a commit is not signed, and reports it', async () => {
  const keys = mkdtempSync(join(directory, 'keys-'));
  const { sshSigner, commit } = signing(keys);
  const bob = sshSigner('bob');
  writeFileSync(join(keys, 'allowed_signers'), `bob@example.com ${bob.publicKey}\n`);
  const bare = bareRepository(join(directory, 'signed.git'), []);
  const flags = [
    '--git-url',
    `${git.url}/signed.git`,
    '--git-token-file',
    join(directory, 'writer'),
    '--once',
    '--json',
    '--git-path',
    'a.yml',
    '--kubeconfig',
    kubeconfig,
    '--verify',
    'all',
    '--verify-keys',
    keys,
    '--name',
    'signed',
  ];
  const good = commit(bare, bob, [], CONFIG_MAP.replace('name: a', 'name: signed'));
  const first = await startWith(flags).ended;
  expect(first.status).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ revision: good, objects: [{ action: 'created' }] });
  const bad = commit(bare);
  const { status, stdout, stderr } = await startWith(flags).ended;
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ revision: good });
  expect(stderr).toContain(`commit ${bad.slice(0, 7)}: it is not signed\n`);
});

test('what nobody caught ends it with 1, and tells no secret', async () => {
  // As a fault of ours would: with the first line of the log, and with what it should not say.
  const fault = `const write = process.stderr.write;
process.stderr.write = (...text) => {
  process.stderr.write = write;
  setImmediate(() => { throw new Error('found ' + process.env.AWS_SECRET_ACCESS_KEY + ' there'); });
  return true;
};`;
  const flags = ['--git-url', `${git.url}/none.git`, '--kubeconfig', kubeconfig, '--state-dir', directory];
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(fault)}`, program, ...flags],
    { env: { ...process.env, AWS_SECRET_ACCESS_KEY: 'correct-horse-battery' } },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('Error: found *** there\n    at ') });
});

test('a command line that is wrong ends it with 1 and names every fault', async () => {
  expect(await startWith(['--timeout', '30', '--name', 'Shop']).ended).toMatchObject({
    status: 1,
    stderr: `command line: 3 faults
  --git-url: expected the URL or path of a repository
  --timeout: expected a duration like 500ms, 15s, 5m or 1h, found "30"
  --name: expected lower-case letters, digits and dashes, 42 at most

`,
  });
});
