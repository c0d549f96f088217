import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openAgentProcess } from '../../../infra/agent/agent-process.ts';
import { clusterAccess } from '../../../infra/agent/cluster/kubeconfig.ts';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import { silentLog } from '../../../shared/log.ts';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/sluice/leases/sluice-agent-default';

/** A replica, and what it is told by whatever it asks of its cluster. */
async function replicaOf(answers: { status: number }) {
  const server = createServer((_, response) => response.writeHead(answers.status).end('{}'));
  const { host, close } = await listenOnLoopback(server, 0);
  const directory = mkdtempSync(join(tmpdir(), 'sluice-replica-'));
  onTestFinished(async () => {
    rmSync(directory, { recursive: true });
    await close();
  });
  const file = join(directory, 'kubeconfig');
  const kubeconfig = {
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me' } }],
    clusters: [{ name: 'here', cluster: { server: `http://${host}` } }],
    users: [{ name: 'me', user: {} }],
  };
  writeFileSync(file, JSON.stringify(kubeconfig));
  const access = await clusterAccess(file, undefined);
  const { signal } = new AbortController();
  const names = { name: 'default', namespace: 'sluice', isElected: true, repositories: [] };
  const { requester: ask, routes } = openAgentProcess(access, { ...names, timeoutMillis: 5000, signal }, silentLog);
  return {
    look: async () => ask(access)({ path: LEASE }),
    readiness: async () => routes['GET /readyz']?.({ headers: {}, body: Buffer.alloc(0) }),
  };
}

test.each([
  { answer: 'that it lacks the right', status: 403 },
  { answer: 'that its token is not taken', status: 401 },
])('a replica that the cluster tells $answer is not ready, and is once it is let in', async ({ status }) => {
  const answers = { status };
  const { look, readiness } = await replicaOf(answers);
  await look();
  expect(await readiness()).toEqual({ status: 503, body: 'cluster: not reached yet\n' });
  answers.status = 404;
  await look();
  expect(await readiness()).toEqual({ status: 200, body: 'ok\n' });
});
