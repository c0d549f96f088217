import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiClient, openApiClient } from '../../../../infra/agent/cluster/client.ts';
import { openCluster } from '../../../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../../../infra/agent/cluster/kubeconfig.ts';
import { deployKey } from '../../../../infra/agent/identity/deploy-key.ts';
import { openIdentity } from '../../../../infra/agent/identity/identity.ts';
import { identitySecretOf } from '../../../../infra/agent/identity/identity-secret.ts';
import { type Kubernetes, startKubernetes } from '../../../../infra/demo/kubernetes/server.ts';
import { sluice as runSluice } from '../../../command-line.ts';
import { recordingLog } from '../../../fakes/recording.ts';

const TIMEOUT_MILLIS = 10_000;
let directory: string;
let kubernetes: Kubernetes;
let kubeconfig: string;
let ask: ApiClient;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-identity-test-'));
  kubernetes = await startKubernetes();
  kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  ask = openApiClient(await clusterAccess(kubeconfig, undefined), TIMEOUT_MILLIS);
});
afterAll(async () => {
  await kubernetes.stop();
  rmSync(directory, { recursive: true });
});

const secretOf = (agent: string) => identitySecretOf(agent, 'default');
async function open(agent: string, stateDir = mkdtempSync(join(directory, 'state-')), by: ApiClient = ask) {
  const { log, lines } = recordingLog();
  const identity = await openIdentity({ request: by, secret: secretOf(agent), stateDir, log });
  return { ...identity, stateDir, lines };
}
const sluice = async (...words: readonly string[]) =>
  runSluice(['identity', '--namespace', 'default', '--kubeconfig', kubeconfig, ...words]);

test.each([
  { agent: 'default', name: 'sluice-agent-identity' },
  { agent: 'shop', name: 'sluice-agent-shop-identity' },
])('the Secret of agent $agent is $name', ({ agent, name }) => {
  expect(identitySecretOf(agent, 'sluice')).toEqual({ namespace: 'sluice', name });
});

test('a key is made at the first start, told, and outlives the state of the agent', async () => {
  const first = await open('lasting');
  expect(first.publicKey).toMatch(/^ssh-ed25519 \S+ sluice-agent$/);
  expect(first.lines).toEqual([
    expect.objectContaining({
      message: 'deploy key',
      secret: 'secret/default/sluice-agent-lasting-identity',
      publicKey: first.publicKey,
    }),
  ]);
  const second = await open('lasting');
  expect(second).toMatchObject({ privateKey: first.privateKey, publicKey: first.publicKey });
  expect(existsSync(join(second.stateDir, 'id_ed25519'))).toBe(false);
  expect((await sluice('--name', 'lasting')).stdout).toBe(`${first.publicKey}\n`);
});

test('a key that an agent made before it kept Secrets stays', async () => {
  const stateDir = mkdtempSync(join(directory, 'state-'));
  const { publicKey } = await deployKey(stateDir, 'sluice-agent');
  await open('grown', stateDir);
  expect((await open('grown')).publicKey).toBe(publicKey);
});

test('agents that start at once have one key', async () => {
  const agents = await Promise.all(Array.from({ length: 4 }, async () => open('crowd')));
  const [{ publicKey } = { publicKey: '' }] = agents;
  expect(agents.map((agent) => agent.publicKey)).toEqual(agents.map(() => publicKey));
  expect((await open('crowd')).publicKey).toBe(publicKey);
});

test('a key of somebody else needs no public half beside it', async () => {
  const { privateKey, publicKey } = await open('source');
  const cluster = openCluster(await clusterAccess(kubeconfig, undefined), TIMEOUT_MILLIS);
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretOf('given').name, namespace: 'default' },
    type: 'kubernetes.io/ssh-auth',
    data: { 'ssh-privatekey': Buffer.from(privateKey).toString('base64') },
  });
  expect((await open('given')).publicKey).toBe(publicKey);
});

test('an agent that may not keep Secrets has its key in its state, and says so', async () => {
  const forbidden: ApiClient = async () => ({ status: 403, body: { message: 'secrets is forbidden' } });
  const { publicKey, stateDir, lines } = await open('barred', undefined, forbidden);
  expect((await deployKey(stateDir, '')).publicKey).toBe(publicKey);
  expect(lines).toEqual([
    expect.objectContaining({ level: 'warn', message: 'deploy key not kept in the cluster', publicKey }),
  ]);
});

describe('sluice identity', () => {
  test('of an agent that has made no key says what to do', async () => {
    expect(await sluice('--namespace', 'other', '--name', 'nobody')).toMatchObject({
      code: 1,
      stderr:
        'secret/other/sluice-agent-nobody-identity: expected the key of an agent, found no such Secret. The agent makes it when it first follows a repository by SSH; check --namespace and --name.\n',
    });
  });

  test('of a Secret without a key says what to do', async () => {
    const cluster = openCluster(await clusterAccess(kubeconfig, undefined), TIMEOUT_MILLIS);
    const metadata = { name: secretOf('empty').name, namespace: 'default' };
    await cluster.apply({ apiVersion: 'v1', kind: 'Secret', metadata, data: {} });
    expect(await sluice('--name', 'empty')).toMatchObject({
      code: 1,
      stderr:
        'secret/default/sluice-agent-empty-identity: expected an SSH key in ssh-privatekey, found none. Delete it, and the agent makes a new one.\n',
    });
  });
});
