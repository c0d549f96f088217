import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCluster } from '../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { createRepository } from '../../infra/demo/git-server/repository.ts';
import { type GitServer, startGitServer } from '../../infra/demo/git-server/server.ts';
import { type Kubernetes, startKubernetes } from '../../infra/demo/kubernetes/server.ts';
import { readmeCommands } from './readme-commands.ts';

const HELLO = 'https://gitlab.com/lucj/hello.git';
const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';
/** The machine's own PATH, without what npm puts before it for a script. */
const MACHINE_PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules') && !folder.includes('node-gyp-bin'))
  .join(delimiter);

/** What it has not done by then it will not do; what it said is shown. */
const PATIENCE_MILLIS = 15_000;

let directory: string;
let checkout: string;
let git: GitServer;
let kubernetes: Kubernetes;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
  checkout = join(directory, 'checkout');
  // As a clone of the working tree, after npm ci.
  const listed = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', 'infra', 'shared', 'package.json'];
  for (const file of execFileSync('git', listed, { encoding: 'utf8' }).split('\0')) {
    if (file !== '') {
      mkdirSync(dirname(join(checkout, file)), { recursive: true });
      cpSync(file, join(checkout, file));
    }
  }
  symlinkSync(resolve('node_modules'), join(checkout, 'node_modules'));
  const files = { 'k8s/a.yml': CONFIG_MAP };
  await createRepository(directory, 'hello.git', { branch: 'master', files });
  git = await startGitServer({ directory });
  kubernetes = await startKubernetes();
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  // What README's `kubectl create namespace sluice` does.
  const cluster = openCluster(await clusterAccess(kubeconfig, undefined), 5000);
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sluice' } });
});
afterAll(async () => {
  await Promise.all([git.stop(), kubernetes.stop()]);
  rmSync(directory, { recursive: true, force: true });
});

test('README runs no program by a Node of the machine: it may be another than the one that is needed', () => {
  expect(readmeCommands().filter((line) => /(^|[;&|] *)node /.test(line))).toEqual([]);
});

describe("README's command for the agent beside a cluster", () => {
  test.each([
    { by: "the machine's own Node", path: MACHINE_PATH },
    { by: 'Node 24', path: `${dirname(process.execPath)}${delimiter}${MACHINE_PATH}` },
  ])('works from a fresh clone by $by', async ({ path }) => {
    const written = readmeCommands().filter((line) => line.includes('--state-dir'));
    expect(written).toEqual([expect.stringContaining(HELLO)]);
    const here = written[0]?.replace(HELLO, `${git.url}/hello.git`) ?? 'false';
    const env = { PATH: path, HOME: directory, KUBECONFIG: join(directory, 'kubeconfig') };
    const child = spawn('sh', ['-c', `exec ${here}`], { cwd: checkout, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    const ended = new Promise<number | null>((done) => {
      child.on('close', done);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      if (said.includes('"message":"revision healthy"')) {
        child.kill('SIGTERM');
      }
    });
    const late = setTimeout(() => child.kill('SIGTERM'), PATIENCE_MILLIS);
    const status = await ended;
    clearTimeout(late);
    expect({ status, said }).toEqual({ status: 0, said: expect.stringContaining('revision healthy') });
  });
});
