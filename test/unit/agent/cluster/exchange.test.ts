import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Exchange, exchange, TimedOut } from '../../../../infra/agent/cluster/exchange.ts';
import { HttpClient } from '../../../../shared/http/client.ts';

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
  url = `http://api.example.com:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
});

const question: Exchange = {
  ...{ method: 'PATCH', path: '/x', headers: {}, body: '{}' },
  ...{ timeoutMillis: 5000, signal: undefined, check: undefined },
};

const address: LookupFunction = (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]);

/** Connections that take their time. */
const slowly: LookupFunction = (...lookedUp) => {
  setTimeout(address, 100, ...lookedUp);
};

test('a check that holds lets the request go', async () => {
  let checks = 0;
  const check = () => {
    checks += 1;
  };
  const client = new HttpClient({ lookup: address });
  expect(await exchange({ server: url, client }, { ...question, check })).toEqual({ status: 200, text: 'done' });
  expect(await exchange({ server: url, client }, { ...question, check })).toEqual({ status: 200, text: 'done' });
  expect({ checks, asked }).toEqual({ checks: 2, asked: ['PATCH /x', 'PATCH /x'] });
});

test('what no longer holds once there is a connection keeps the request back', async () => {
  let may = true;
  const client = new HttpClient({ lookup: slowly });
  const check = () => {
    if (!may) {
      throw new Error('no longer');
    }
  };
  const going = exchange({ server: url, client }, { ...question, check });
  may = false;
  await expect(going).rejects.toThrow('no longer');
  // The connection was there: what is asked next by it gets its answer.
  expect((await exchange({ server: url, client }, { ...question, method: 'GET', body: undefined })).status).toBe(200);
  expect(asked).toEqual(['GET /x']);
});

test('a request with a check ends where nobody listens', async () => {
  await new Promise((closed) => {
    server.close(closed);
  });
  const access = { server: url, client: new HttpClient({ lookup: address }) };
  await expect(exchange(access, { ...question, check() {} })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a request with a check that gets no connection ends when its time is over', async () => {
  const access = { server: url, client: new HttpClient({ lookup: slowly }) };
  await expect(exchange(access, { ...question, timeoutMillis: 20, check() {} })).rejects.toBeInstanceOf(TimedOut);
});
