import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { type Listener, listen } from '../listener.ts';

/** `http://snapshot.debian.org/archive/debian/20261115T000000Z/dists/…`, as Debian's packages of one time are asked for. */
const SNAPSHOT = /^http:\/\/snapshot\.debian\.org\/archive\/(debian|debian-security)\/\d{8}T\d{6}Z\/([\w.+~:%/-]+)$/;

/** An HTTP proxy on loopback for builds, by `http_proxy`. */
export interface SnapshotProxy extends Listener {
  /** What it let nobody have: what no time pins. */
  refused(): readonly string[];
}

/**
 * Starts a proxy that answers for snapshot.debian.org with what Debian's archive holds now, which is signed by the same
 * keys, and refuses all else: a build whose packages follow today's archive fails.
 */
export async function startSnapshotProxy(): Promise<SnapshotProxy> {
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const [, archive, path] = SNAPSHOT.exec(request.url ?? '') ?? [];
    if (request.method === 'GET' && archive !== undefined)
      relay(`http://deb.debian.org/${archive}/${path}`, request, response);
    else {
      refused.push(`${request.method} ${request.url}`);
      response.writeHead(403, 'Only what a time of the archive pins').end();
    }
  });
  server.on('connect', (request, socket) => {
    refused.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  return { ...(await listen(server)), refused: () => refused };
}

function relay(url: string, { headers }: IncomingMessage, response: ServerResponse): void {
  const conditions = ['range', 'if-range', 'if-modified-since'].filter((name) => headers[name] !== undefined);
  const asked = get(url, { headers: Object.fromEntries(conditions.map((name) => [name, headers[name]])) }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    pipeline(reply, response, () => {});
  });
  asked.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => asked.destroy());
}
