import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

// An import would read all that these export, which loads the whole of Node's fetch: a third of a cold start.
const { request: overHttp } = process.getBuiltinModule('node:http');
const { request: overHttps } = process.getBuiltinModule('node:https');

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** POSTs a body and reads the whole reply; follows no redirect. */
export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? overHttps : overHttp;
  send(url, { method: 'POST', headers, signal }, resolve).on('error', reject).end(body);
  const reply = await promise;
  return { status: reply.statusCode ?? 0, text: await text(reply) };
}
