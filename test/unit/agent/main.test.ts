import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository } from '../../../infra/local/git-server/repository.ts';
import { type GitServer, startGitServer } from '../../../infra/local/git-server/server.ts';
import { type Kubernetes, startKubernetes } from '../../../infra/local/kubernetes/server.ts';

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
  directory = mkdtempSync(join(tmpdir(), 'sluice-agent-'));
  git = await startGitServer({ directory, users: USERS });
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
  const flags = [
    '--git-url',
    `${git.url}/${repository}`,
    '--git-path',
    'k8s',
    '--git-token-file',
    join(directory, user),
  ];
  const state = ['--state-dir', mkdtempSync(join(directory, 'state-')), '--timeout', '5s'];
  const child = spawn(process.execPath, ['infra/agent/main.ts', ...flags, ...state, ...more]);
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

  test('tells the result as JSON', async () => {
    const { stdout } = await once('good.git', 'writer', '--json');
    expect(JSON.parse(stdout)).toEqual({
      revision: expect.stringMatching(/^[0-9a-f]{40}$/),
      objects: [{ object: 'configmap/default/a', action: 'unchanged' }],
      healthy: true,
    });
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
    const closed = await startGitServer({ directory });
    await closed.stop();
    const nowhere = join(directory, 'nowhere');
    writeFileSync(nowhere, kubernetes.kubeconfig.replaceAll(kubernetes.url, closed.url));
    const { status, stderr } = await once('good.git', 'writer', '--kubeconfig', nowhere);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^cluster http:\/\/127\.0\.0\.1:\d+: expected an answer of its API, found .*ECONNREFUSED/m);
  });
});

test('SIGTERM ends the loop between two steps, with 0', async () => {
  const { child, output, ended } = start('good.git', 'writer', [
    '--kubeconfig',
    kubeconfig,
    '--git-poll-interval',
    '100ms',
  ]);
  while (!output.stderr.includes('revision healthy')) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  child.kill('SIGTERM');
  expect((await ended).status).toBe(0);
});
