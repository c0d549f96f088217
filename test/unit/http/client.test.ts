import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import { readBody } from '../../../shared/http/body.ts';
import { HttpClient, type HttpReply, type HttpRequest } from '../../../shared/http/client.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server on loopback for as long as its test; `count` is which request it is, from 1. */
async function serve(answer: Answer): Promise<URL> {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    request.resume().on('end', () => answer(request, response, count));
  });
  const { host, close } = await listenOnLoopback(server, 0);
  onTestFinished(close);
  return new URL(`http://${host}/`);
}

function requestOf(url: URL, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, headers: {}, signal: AbortSignal.timeout(10_000), ...more };
}

async function textOf({ body }: HttpReply): Promise<string | undefined> {
  return (await readBody(body, 1_000_000))?.toString('utf8');
}

describe('a request', () => {
  test.each([
    {
      name: 'says what it takes and who it is where nothing else is said',
      headers: {},
      sent: { accept: '*/*', 'accept-encoding': 'gzip', 'user-agent': 'sluice' },
    },
    {
      name: 'says what its headers say',
      headers: { accept: 'text/plain', 'user-agent': 'git/sluice', authorization: 'Basic x' },
      sent: { accept: 'text/plain', 'user-agent': 'git/sluice', authorization: 'Basic x' },
    },
  ])('$name', async ({ headers, sent }) => {
    const url = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const text = await textOf(await new HttpClient().send(requestOf(url, { headers })));
    expect(JSON.parse(text ?? '')).toMatchObject(sent);
  });

  test.each(['POST', 'DELETE'])('of method %s has a body of a length that is told', async (method) => {
    const url = await serve((request, response) => response.end(request.headers['content-length']));
    const reply = await new HttpClient().send(requestOf(url, { method, body: 'täg' }));
    expect(await textOf(reply)).toBe('4');
  });

  test('says nothing of itself where its client is to say nothing', async () => {
    const url = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const text = await textOf(await new HttpClient({ headers: {} }).send(requestOf(url)));
    expect(JSON.parse(text ?? '')).toEqual({ host: url.host, connection: 'keep-alive' });
  });

  test('of a name whose look-up is refused ends with the reason of that', async () => {
    const refused = new Error('not there');
    const client = new HttpClient({ lookup: (_name, _options, callback) => callback(refused, []) });
    await expect(client.send(requestOf(new URL('http://registry.example.com/')))).rejects.toBe(refused);
  });
});

describe('a reply', () => {
  test('has every status, and headers by small letters, those of one name joined', async () => {
    const url = await serve((_, response) =>
      response.writeHead(404, { 'X-One': '1', 'Set-Cookie': ['a=1', 'b=2'] }).end('no'),
    );
    const reply = await new HttpClient().send(requestOf(url));
    expect([reply.status, reply.headers.get('x-one'), reply.headers.get('set-cookie')]).toEqual([404, '1', 'a=1, b=2']);
    expect(await textOf(reply)).toBe('no');
  });

  test.each([
    { name: 'that was packed is unpacked', encoding: 'gzip', body: gzipSync('hello') },
    { name: 'in an encoding that nobody asked for is as it came', encoding: 'zstd', body: Buffer.from('hello') },
  ])('$name', async ({ encoding, body }) => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body));
    expect(await textOf(await new HttpClient().send(requestOf(url)))).toBe('hello');
  });

  test('that is called packed and has no byte is empty, and what is cut off fails', async () => {
    const url = await serve((_, response, count) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello').subarray(0, (count - 1) * 4));
    });
    const client = new HttpClient();
    expect(await textOf(await client.send(requestOf(url)))).toBe('');
    await expect(textOf(await client.send(requestOf(url)))).rejects.toThrow('unexpected end of file');
  });

  test.each([
    { name: 'HEAD', method: 'HEAD', status: 200 },
    { name: 'what has not changed', method: 'GET', status: 304 },
    { name: 'what has no content', method: 'GET', status: 204 },
    { name: 'what is not there', method: 'GET', status: 404 },
  ])('to $name has no body to unpack, whatever its headers say of one', async ({ method, status }) => {
    const url = await serve((_, response) =>
      response.writeHead(status, { 'content-encoding': 'gzip', 'content-length': '0' }).end(),
    );
    expect(await textOf(await new HttpClient().send(requestOf(url, { method })))).toBe('');
  });

  test('that is small on the way and large when unpacked is read no further than its limit', async () => {
    const body = gzipSync(Buffer.alloc(50_000_000));
    const url = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body));
    const reply = await new HttpClient().send(requestOf(url));
    expect(await readBody(reply.body, 1_000_000)).toBeUndefined();
  });

  test.each([
    { name: 'a body of which the end is missing', head: { 'content-length': '10' }, body: 'hello' },
    {
      name: 'a packed one of which the end is missing',
      head: { 'content-length': '99', 'content-encoding': 'gzip' },
      body: gzipSync('hello').subarray(0, 15),
    },
  ])('$name is an error, not a short one', async ({ head, body }) => {
    const url = await serve((_, response) => {
      response.writeHead(200, head);
      response.write(body, () => response.destroy());
    });
    const reply = await new HttpClient().send(requestOf(url));
    await expect(readBody(reply.body, 1000)).rejects.toThrow('aborted');
  });
});

describe('by TLS', () => {
  /** Self-signed for 127.0.0.1, until 2126. */
  const [key, certificate] = ['key', 'certificate'].map((name) =>
    readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8'),
  ) as [string, string];
  const UNTRUSTED = { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' };

  /** Answers with what a client proves itself by, and the name that it asked for. */
  async function serveTls(): Promise<URL> {
    const options = { key, cert: certificate, ca: certificate, requestCert: true, rejectUnauthorized: false };
    const server = createTlsServer(options, ({ socket }, response) => {
      const { authorized, servername } = socket as TLSSocket & { readonly servername?: string };
      response.end(`${authorized} ${servername}`);
    });
    const { host, close } = await listenOnLoopback(server, 0);
    onTestFinished(close);
    return new URL(`https://${host}/`);
  }

  test('a host of an authority that nobody trusts is not spoken to', async () => {
    await expect(new HttpClient().send(requestOf(await serveTls()))).rejects.toMatchObject(UNTRUSTED);
  });

  test.each([
    { name: 'its authority is trusted', tls: { ca: certificate }, outcome: 'false false' },
    { name: 'it is trusted whoever it is', tls: { rejectUnauthorized: false }, outcome: 'false false' },
    {
      name: 'a client proves itself by a certificate',
      tls: { ca: certificate, cert: certificate, key },
      outcome: 'true false',
    },
    {
      name: 'it is asked for by another name',
      tls: { rejectUnauthorized: false, servername: 'api' },
      outcome: 'false api',
    },
  ])('$name', async ({ tls, outcome }) => {
    expect(await textOf(await new HttpClient({ tls }).send(requestOf(await serveTls())))).toBe(outcome);
  });
});

describe('its signal', () => {
  const reason = new Error('the time of this repository is over');

  test('ends a request that is not answered, with the reason', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort(reason));
    await expect(new HttpClient().send(requestOf(url, { signal: controller.signal }))).rejects.toBe(reason);
  });

  test('ends a reply that goes on, with the reason', async () => {
    const controller = new AbortController();
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('hello');
    });
    const reply = await new HttpClient().send(requestOf(url, { signal: controller.signal }));
    const read = readBody(reply.body, 1000);
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
  });

  test('that was over before sends nothing', async () => {
    let asked = 0;
    const url = await serve(() => (asked += 1));
    const signal = AbortSignal.abort(reason);
    await expect(new HttpClient().send(requestOf(url, { signal }))).rejects.toBe(reason);
    expect(asked).toBe(0);
  });
});

describe('a connection', () => {
  const port = ({ socket }: IncomingMessage) => `${socket.remotePort}`;

  test('is kept for the next request, also where a short body was not read', async () => {
    const url = await serve((request, response) =>
      response.writeHead(200, { 'content-length': '5', 'x-port': port(request) }).end('hello'),
    );
    const client = new HttpClient();
    const first = await client.send(requestOf(url));
    first.discard();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await client.send(requestOf(url));
    expect(second.headers.get('x-port')).toBe(first.headers.get('x-port'));
  });

  test.each([
    { what: 'a read is sent again', request: { method: 'GET' }, outcome: 'hello' },
    { what: 'what may be sent twice is', request: { method: 'POST', mayRepeat: true }, outcome: 'hello' },
    { what: 'a write is not', request: { method: 'POST' }, outcome: 'ECONNRESET' },
  ])('that was kept and is closed by the host, as all others are: $what', async ({ request, outcome }) => {
    const served = new Map<IncomingMessage['socket'], number>();
    const waiting: (() => void)[] = [];
    const url = await serve(({ socket }, response) => {
      served.set(socket, (served.get(socket) ?? 0) + 1);
      if (served.get(socket) === 2) {
        socket.resetAndDestroy();
        return;
      }
      waiting.push(() => response.end('hello'));
      // The first three are answered together, so that each has a connection of its own.
      if (served.size > 3 || waiting.length === 3) {
        for (const answer of waiting.splice(0)) {
          answer();
        }
      }
    });
    const client = new HttpClient();
    await Promise.all([1, 2, 3].map(async () => textOf(await client.send(requestOf(url)))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = client.send(requestOf(url, request)).then(textOf, ({ code }) => code);
    expect(await next).toBe(outcome);
  });

  test('that changes its protocol is an error, which nobody waits for', async () => {
    const url = await serve((_, response) =>
      response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end(),
    );
    await expect(new HttpClient().send(requestOf(url))).rejects.toThrow('the connection ended without an answer');
  });
});
