import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HttpServer, startHttpServer } from '../../../infra/local/http-server.ts';
import { silentLog } from '../../../shared/log.ts';

let server: HttpServer;
let invoked: unknown[];
beforeEach(async () => {
  invoked = [];
  server = await startHttpServer({
    port: 0,
    receive: async () => ({ statusCode: 202 }),
    functions: { sweep: { invoke: async (payload) => void invoked.push(payload) } },
    log: silentLog,
  });
});
afterEach(async () => server.stop());

async function post(path: string, headers: Readonly<Record<string, string>>) {
  return new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
    request(`${server.url}${path}`, { method: 'POST', headers }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    })
      .on('error', reject)
      .end('{}');
  });
}

const INVOKE = '/2015-03-31/functions/sweep/invocations';

test.each([
  { from: 'this machine', headers: {} },
  { from: 'this machine by its name', headers: { host: 'localhost:8080' } },
  { from: 'this machine by IPv6', headers: { host: '[::1]:8080' } },
])('functions are invoked from $from', async ({ headers }) => {
  expect((await post(INVOKE, headers)).status).toBe(200);
  expect(invoked).toEqual([{}]);
});

test.each([
  { from: 'elsewhere through a proxy', headers: { 'x-forwarded-for': '203.0.113.7' } },
  { from: 'elsewhere through a proxy that keeps the name', headers: { host: 'sluice.example.com' } },
  { from: 'a page whose name leads to this machine', headers: { host: '127.0.0.1.example.com' } },
])('no function is invoked from $from, but a push is taken', async ({ headers }) => {
  const { status, body } = await post(INVOKE, headers);
  expect(status).toBe(403);
  expect(JSON.parse(body)).toEqual({
    Type: 'User',
    Message: 'Functions are invoked from this machine alone: forward only /push/',
  });
  expect(invoked).toEqual([]);
  expect((await post('/push/generic', headers)).status).toBe(202);
});
