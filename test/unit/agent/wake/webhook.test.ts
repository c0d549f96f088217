import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type HttpServer, startHttpServer } from '../../../../infra/agent/http/server.ts';
import { wakeRoute } from '../../../../infra/agent/wake/webhook.ts';
import { silentLog } from '../../../../shared/log.ts';

const SECRET = 'a long secret';
let nudges = 0;
const nudge = () => {
  nudges += 1;
};
let server: HttpServer;

beforeAll(async () => {
  const routes = {
    'POST /nudge': wakeRoute(async () => SECRET, nudge),
  };
  server = await startHttpServer(0, routes, silentLog, '127.0.0.1');
});
beforeEach(() => {
  nudges = 0;
});
afterAll(async () => server.stop());

const sign = (body: string, secret = SECRET) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const ask = async (path: string, init: RequestInit) => {
  const { status, text } = await fetch(`http://127.0.0.1:${server.port}${path}`, init).then(async (reply) => ({
    status: reply.status,
    text: await reply.text(),
  }));
  return { status, text, nudges };
};

const BODY = '{"ref":"refs/heads/main"}';
test.each<{ name: string; headers: Record<string, string>; status: number }>([
  { name: 'a bearer token', headers: { authorization: `Bearer ${SECRET}` }, status: 202 },
  { name: 'the webhook of GitLab', headers: { 'x-gitlab-token': SECRET }, status: 202 },
  { name: 'the webhook of GitHub', headers: { 'x-hub-signature-256': sign(BODY) }, status: 202 },
  { name: 'nothing', headers: {}, status: 401 },
  { name: 'another token', headers: { authorization: 'Bearer a long secreT' }, status: 401 },
  { name: 'the token without its kind', headers: { authorization: SECRET }, status: 401 },
  { name: 'an empty token', headers: { 'x-gitlab-token': '' }, status: 401 },
  { name: 'a signature over another body', headers: { 'x-hub-signature-256': sign('{}') }, status: 401 },
  { name: 'a signature by another secret', headers: { 'x-hub-signature-256': sign(BODY, 'other') }, status: 401 },
])('$name: $status', async ({ headers, status }) => {
  expect(await ask('/nudge', { method: 'POST', headers, body: BODY })).toEqual({
    status,
    text: '',
    nudges: status === 202 ? 1 : 0,
  });
});

test.each([
  { name: 'another method', path: '/nudge', method: 'GET', status: 405 },
  { name: 'another path', path: '/nudged', method: 'POST', status: 404 },
])('$name: $status', async ({ path, method, status }) => {
  const headers = { authorization: `Bearer ${SECRET}` };
  expect(await ask(path, { method, headers })).toMatchObject({ status, nudges: 0 });
});

test('a body that is too large is not read to its end', async () => {
  const headers = { authorization: `Bearer ${SECRET}` };
  const status = await ask('/nudge', { method: 'POST', headers, body: 'x'.repeat(2 * 1024 * 1024) }).then(
    (reply) => reply.status,
    // The connection may be closed before all is sent.
    () => 413,
  );
  expect({ status, nudges }).toEqual({ status: 413, nudges: 0 });
});

test('an empty secret lets nobody in', async () => {
  const route = wakeRoute(async () => '', nudge);
  expect(await route({ headers: { 'x-gitlab-token': '' }, body: Buffer.alloc(0) })).toEqual({ status: 401 });
  expect(nudges).toBe(0);
});
