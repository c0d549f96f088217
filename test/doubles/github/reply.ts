import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Reply } from './api.ts';
import { errorBody } from './refusal.ts';

/** Writes a reply. `isCut`: says how long it is, and stops halfway. */
export function writeReply(
  response: ServerResponse,
  { status, body, bytes, headers = {} }: Reply,
  isCut = false,
): void {
  const content = bytes?.content ?? (body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)));
  const type = bytes?.type ?? (body === undefined ? undefined : 'application/json; charset=utf-8');
  response.writeHead(status, {
    'x-github-request-id': randomUUID(),
    ...(type !== undefined && { 'content-type': type }),
    ...(status !== 304 && { 'content-length': content.length }),
    ...headers,
  });
  if (!isCut) {
    response.end(content);
    return;
  }
  response.write(content.subarray(0, Math.floor(content.length / 2)), () => response.destroy());
}

/** What stands in for the answer of a server that fails: JSON, and a page where the gateway speaks. */
export function faultReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  if (status === 502 || status === 504) {
    const page = `<html><head><title>${status}</title></head><body>Unicorn!</body></html>`;
    return { status, bytes: { type: 'text/html; charset=utf-8', content: Buffer.from(page) }, headers };
  }
  return { status, body: errorBody(status, STATUS_CODES[status] ?? 'Error'), headers };
}
