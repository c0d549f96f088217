import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Exchange, exchange, TimedOut } from '../../../../infra/agent/cluster/exchange.ts';

let server: Server;
let url: string;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('done');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
});

const question: Exchange = {
  ...{ method: 'PATCH', path: '/x', headers: {}, body: '{}' },
  ...{ timeoutMillis: 5000, signal: undefined, check: undefined },
};

/** Connections that take their time. */
function slowAgent() {
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = (options, opened) => {
    const { host, port } = options as { host: string; port: number };
    setTimeout(() => opened?.(null, connect({ host, port })), 100);
    return undefined;
  };
  return agent;
}

test('a check that holds lets the request go', async () => {
  let checks = 0;
  const check = () => {
    checks += 1;
  };
  const agent = new Agent({ keepAlive: true });
  expect(await exchange({ server: url, agent }, { ...question, check })).toEqual({ status: 200, text: 'done' });
  expect(await exchange({ server: url, agent }, { ...question, check })).toEqual({ status: 200, text: 'done' });
  expect({ checks, asked }).toEqual({ checks: 2, asked: ['PATCH /x', 'PATCH /x'] });
  agent.destroy();
});

test('what no longer holds once there is a connection keeps the request back', async () => {
  let may = true;
  const agent = slowAgent();
  const check = () => {
    if (!may) {
      throw new Error('no longer');
    }
  };
  const going = exchange({ server: url, agent }, { ...question, check });
  may = false;
  await expect(going).rejects.toThrow('no longer');
  // The connection was there: what is asked next by it gets its answer.
  expect((await exchange({ server: url, agent }, { ...question, method: 'GET', body: undefined })).status).toBe(200);
  expect(asked).toEqual(['GET /x']);
  agent.destroy();
});

test('a request with a check ends where nobody listens', async () => {
  await new Promise((closed) => {
    server.close(closed);
  });
  const access = { server: url, agent: new Agent() };
  await expect(exchange(access, { ...question, check() {} })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a request with a check that gets no connection ends when its time is over', async () => {
  const access = { server: url, agent: slowAgent() };
  await expect(exchange(access, { ...question, timeoutMillis: 20, check() {} })).rejects.toBeInstanceOf(TimedOut);
  access.agent.destroy();
});
