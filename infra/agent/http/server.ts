import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, SluiceError } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';

/** What a route is asked. Names of headers are in lower case. */
export interface HttpRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpReply {
  readonly status: number;
  /** Plain text where it is left out. */
  readonly type?: string;
  readonly body?: string;
}

/** What is answered, by method and path: `GET /metrics`. */
export type Routes = Readonly<Record<string, (request: HttpRequest) => Promise<HttpReply>>>;

export interface HttpServer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Webhooks of Git hosts may be larger; a push's is far smaller, and nothing of it is read. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Who sends slowly, or only holds a connection, is cut off: https://nodejs.org/api/http.html#serverrequesttimeout */
const LIMITS = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16 * 1024,
};
const MAX_CONNECTIONS = 100;

/**
 * The agent's HTTP end.
 *
 * @param port 0 for a free one
 * @param host where it listens; every interface where it is left out
 * @throws SluiceError `config-invalid` where the port is taken
 */
export async function startHttpServer(port: number, routes: Routes, log: Log, host?: string): Promise<HttpServer> {
  const server = createServer(LIMITS, (request, response) => {
    answer(request, routes)
      .catch((error: unknown): HttpReply => {
        log.error('request failed', { method: request.method, path: pathOf(request), error });
        return { status: 500, body: 'it failed; the log says why\n' };
      })
      .then((reply) => send(request, response, reply))
      .catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject).listen(port, host, listening.resolve);
  await listening.promise.catch((cause: unknown) => {
    throw new SluiceError({
      code: 'config-invalid',
      subject: `port ${port}`,
      expected: 'a free port',
      found: messageOf(cause),
      next: 'Choose another with --http-port, or 0 for none.',
      cause,
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, routes: Routes): Promise<HttpReply> {
  const path = pathOf(request);
  const route = `${request.method} ${path}`;
  const known = Object.keys(routes);
  if (!known.includes(route)) {
    const methods = known.filter((one) => one.endsWith(` ${path}`)).map((one) => one.slice(0, -path.length - 1));
    return methods.length === 0
      ? { status: 404, body: `${path}: expected one of ${known.join(', ')}\n` }
      : { status: 405, body: `${path}: expected ${methods.join(' or ')}, found ${request.method}\n` };
  }
  const body = await readBody(request);
  return body === undefined
    ? { status: 413, body: `body: expected ${MAX_BODY_BYTES} bytes at most\n` }
    : ((await routes[route]?.({ headers: request.headers, body })) ?? { status: 404 });
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}

/** Undefined where it is too long. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body = '' }: HttpReply): void {
  // What is left of a body that was not read is not waited for.
  const close = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': type ?? 'text/plain; charset=utf-8', ...close }).end(body);
}
