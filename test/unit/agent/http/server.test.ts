import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Liveness } from '../../../../infra/agent/http/liveness.ts';
import { probeRoutes } from '../../../../infra/agent/http/probes.ts';
import { type Routes, startHttpServer } from '../../../../infra/agent/http/server.ts';
import { recordingLog } from '../../../fakes/recording.ts';

async function serve(routes: Routes) {
  const { log, lines } = recordingLog();
  const server = await startHttpServer(0, routes, log, '127.0.0.1');
  onTestFinished(server.stop);
  const ask = async (path: string, init?: RequestInit) => {
    const reply = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return { status: reply.status, type: reply.headers.get('content-type'), body: await reply.text() };
  };
  return { port: server.port, ask, lines };
}

const ECHO: Routes = {
  'GET /a': async () => ({ status: 200, body: 'a' }),
  'POST /a': async ({ headers, body }) => ({
    status: 202,
    type: 'application/json',
    body: JSON.stringify([headers['x-b'], body.toString()]),
  }),
  async 'GET /broken'() {
    throw new Error('no disk');
  },
};

test.each([
  { what: 'a route', path: '/a', init: {}, is: { status: 200, type: 'text/plain; charset=utf-8', body: 'a' } },
  { what: 'a route with a query', path: '/a?b=c', init: {}, is: { status: 200 } },
  {
    what: 'a body and headers',
    path: '/a',
    init: { method: 'POST', body: 'text', headers: { 'X-B': 'c' } },
    is: { status: 202, type: 'application/json', body: '["c","text"]' },
  },
  {
    what: 'another path',
    path: '/b',
    init: {},
    is: { status: 404, body: '/b: expected one of GET /a, POST /a, GET /broken\n' },
  },
  {
    what: 'another method',
    path: '/a',
    init: { method: 'PUT' },
    is: { status: 405, body: '/a: expected GET or POST, found PUT\n' },
  },
  {
    what: 'a body that is too long',
    path: '/a',
    init: { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) },
    is: { status: 413, body: 'body: expected 1048576 bytes at most\n' },
  },
])('answers $what', async ({ path, init, is }) => {
  const { ask } = await serve(ECHO);
  expect(await ask(path, init)).toMatchObject(is);
});

test('a route that fails is told in the log and not to who asks', async () => {
  const { ask, lines } = await serve(ECHO);
  expect(await ask('/broken')).toMatchObject({ status: 500, body: 'it failed; the log says why\n' });
  expect(lines).toMatchObject([{ level: 'error', message: 'request failed', path: '/broken' }]);
});

test('who sends no whole request is cut off, and others are answered meanwhile', async () => {
  const { port, ask } = await serve(ECHO);
  const slow = connect(port, '127.0.0.1');
  slow.write('GET /a HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  const said: string[] = [];
  slow.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  expect(await ask('/a')).toMatchObject({ status: 200 });
  await once(slow, 'close');
  expect(said.join('')).toContain('408 Request Timeout');
});

test('a port that is taken is a fault of the configuration', async () => {
  const { port } = await serve(ECHO);
  const { log } = recordingLog();
  await expect(startHttpServer(port, ECHO, log, '127.0.0.1')).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringMatching(
      /^port \d+: expected a free port, found .*EADDRINUSE.*\. Choose another with --http-port/,
    ),
  });
});

test('the probes say what was not reached yet, and what takes too long', async () => {
  const vitals = new Liveness(['cluster', 'repository shop']);
  const { ask } = await serve(probeRoutes(vitals));
  vitals.reached('cluster');
  expect(await ask('/readyz')).toMatchObject({ status: 503, body: 'repository shop: not reached yet\n' });
  vitals.reached('repository shop');
  expect(await ask('/readyz')).toMatchObject({ status: 200, body: 'ok\n' });
  expect(await ask('/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
  const stuck = Promise.withResolvers<void>();
  const step = vitals.step('fetch', -1, async () => stuck.promise);
  expect(await ask('/healthz')).toMatchObject({
    status: 503,
    body: expect.stringMatching(/^fetch: under way for 0 s, expected at most /),
  });
  stuck.resolve();
  await step;
  expect(await ask('/healthz')).toMatchObject({ status: 200 });
});
