import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openApiClient } from '../../../../infra/agent/cluster/client.ts';
import { actingAs } from '../../../../infra/agent/cluster/impersonation.ts';
import { clusterAccess } from '../../../../infra/agent/cluster/kubeconfig.ts';
import { maskedAccess } from '../../../../infra/agent/secrets/credentials.ts';
import { SecretMask } from '../../../../infra/agent/secrets/secret-mask.ts';

/** An API server that takes one token, and a kubeconfig for it with a file that holds another's. */
async function openServer() {
  const asked: string[] = [];
  let taken = 'first';
  const server = createServer(({ method, url, headers: { authorization } }, response) => {
    asked.push(`${method} ${url} ${authorization}`);
    response.writeHead(authorization === `Bearer ${taken}` ? 200 : 401).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const directory = mkdtempSync(join(tmpdir(), 'sluice-refused-token-'));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  });
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here' },
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } }],
    users: [{ name: 'u', user: { tokenFile: 'token' } }],
  };
  writeFileSync(join(directory, 'config'), JSON.stringify(config));
  const write = (token: string) => writeFileSync(join(directory, 'token'), `${token}\n`);
  write('first');
  const access = maskedAccess(await clusterAccess(join(directory, 'config'), undefined), new SecretMask());
  return {
    asked,
    write,
    take: (token: string) => {
      taken = token;
    },
    /** As itself, and as an account of a tenant. */
    asks: [access, actingAs(access, { namespace: 'team', name: 'deployer' })].map((by) => openApiClient(by, 5000)),
  };
}

test.each([
  { by: 'as itself', at: 0 },
  { by: 'as the account of a tenant', at: 1 },
])('a token that is no longer taken is read anew at once, and what was asked is asked again, $by', async ({ at }) => {
  const { asked, asks, take, write } = await openServer();
  const ask = asks[at];
  await ask?.({ path: '/first' });
  write('second');
  take('second');
  expect(await ask?.({ path: '/lease', method: 'PUT', body: {} })).toMatchObject({ status: 200 });
  expect(asked).toEqual(['GET /first Bearer first', 'PUT /lease Bearer first', 'PUT /lease Bearer second']);
});

test('a token that the file still holds is refused after one more try', async () => {
  const { asked, asks, take } = await openServer();
  take('another');
  expect(await asks[0]?.({ path: '/x' })).toMatchObject({ status: 401 });
  expect(asked).toEqual(['GET /x Bearer first', 'GET /x Bearer first']);
});
