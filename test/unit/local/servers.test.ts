import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { HttpServer } from '../../../infra/local/http-server.ts';
import { startInvokeServer } from '../../../infra/local/invoke-server.ts';
import { invokeToken, invokeTokenFile } from '../../../infra/local/invoke-token.ts';
import { startPushServer } from '../../../infra/local/push-server.ts';
import { silentLog } from '../../../shared/log.ts';

const TOKEN = 'ab'.repeat(32);

let invokes: HttpServer;
let pushes: HttpServer;
let invoked: unknown[];
beforeEach(async () => {
  invoked = [];
  const invoke = async (payload: unknown) => void invoked.push(payload);
  invokes = await startInvokeServer({ port: 0, functions: { sweep: { invoke } }, token: TOKEN, log: silentLog });
  pushes = await startPushServer({ port: 0, receive: async () => ({ statusCode: 202 }), log: silentLog });
});
afterEach(async () => {
  await Promise.all([invokes.stop(), pushes.stop()]);
});

type Headers = Readonly<Record<string, string>>;

async function post({ url }: HttpServer, path: string, headers: Headers, method = 'POST') {
  return new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
    request(`${url}${path}`, { method, headers }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    })
      .on('error', reject)
      .end('{}');
  });
}

const INVOKE = '/2015-03-31/functions/sweep/invocations';
const signedBy = (key: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261130/local/lambda/aws4_request, SignedHeaders=host, Signature=0`,
});
const signed = signedBy(TOKEN);

describe('functions are invoked with the token', () => {
  test.each([
    { from: 'this machine', headers: {} },
    { from: 'this machine by its name', headers: { host: 'localhost:8080' } },
    { from: 'this machine by IPv6', headers: { host: '[::1]:8080' } },
  ])('from $from', async ({ headers }) => {
    expect((await post(invokes, INVOKE, { ...signed, ...headers })).status).toBe(200);
    expect(invoked).toEqual([{}]);
  });

  test("by AWS's own client, as on AWS", async () => {
    const credentials = { accessKeyId: TOKEN, secretAccessKey: 'any' };
    const client = new LambdaClient({ endpoint: invokes.url, region: 'local', credentials });
    const { StatusCode } = await client.send(new InvokeCommand({ FunctionName: 'sweep', Payload: '{"a":1}' }));
    expect({ StatusCode, invoked }).toEqual({ StatusCode: 200, invoked: [{ a: 1 }] });
  });
});

const OWN = 'Functions are invoked from this machine alone: forward only the port of pushes, /push/';
const TOKEN_WANTED = "Functions are invoked with the token of the runtime's state directory as the access key";

describe('no function is invoked', () => {
  test.each<{ what: string; headers: Headers; says: string }>([
    { what: 'from elsewhere through a proxy', headers: { 'x-forwarded-for': '203.0.113.7' }, says: OWN },
    { what: 'from elsewhere through a proxy that keeps the name', headers: { host: 'sluice.example.com' }, says: OWN },
    { what: 'by a page whose name leads to this machine', headers: { host: '127.0.0.1.example.com' }, says: OWN },
    { what: 'by a page of another site', headers: { origin: 'https://evil.example.com' }, says: OWN },
    { what: 'by a page of this machine', headers: { origin: 'http://127.0.0.1:3000' }, says: OWN },
    { what: 'by a page that hides where it is of', headers: { origin: 'null' }, says: OWN },
    { what: 'by a form', headers: { 'sec-fetch-site': 'cross-site' }, says: OWN },
    { what: 'by a person in the address line', headers: { 'sec-fetch-site': 'none' }, says: OWN },
    { what: 'without a token', headers: { authorization: '' }, says: TOKEN_WANTED },
    { what: 'with another token', headers: signedBy('cd'.repeat(32)), says: TOKEN_WANTED },
    { what: 'with the beginning of the token', headers: signedBy(TOKEN.slice(0, 8)), says: TOKEN_WANTED },
    { what: 'with an empty token', headers: signedBy(''), says: TOKEN_WANTED },
  ])('$what', async ({ headers, says }) => {
    const { status, body } = await post(invokes, INVOKE, { ...signed, ...headers });
    expect({ status, said: JSON.parse(body), invoked }).toEqual({
      status: 403,
      said: { Type: 'User', Message: says },
      invoked: [],
    });
  });

  test('at the port of pushes, which takes a push from anywhere', async () => {
    expect(await post(pushes, INVOKE, signed)).toMatchObject({ status: 202 });
    expect(invoked).toEqual([]);
    expect((await post(pushes, '/push/generic', { 'x-forwarded-for': '203.0.113.7' })).status).toBe(202);
  });
});

test('no push is taken at the port of Invoke', async () => {
  expect(await post(invokes, '/push/generic', signed)).toMatchObject({ status: 404 });
});

test('the token is made once for a state directory, and may be read by its user alone', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-token-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const token = invokeToken(directory);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(invokeToken(directory)).toBe(token);
  expect(statSync(invokeTokenFile(directory)).mode & 0o777).toBe(0o600);
});
