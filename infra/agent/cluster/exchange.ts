import { type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClusterAccess } from './kubeconfig.ts';

/** One request as it goes over the wire. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Until the whole answer is there. */
  readonly timeoutMillis: number;
  /** Ends it before its time. */
  readonly signal: AbortSignal | undefined;
  /** Throws where it may no longer be sent: asked last of all, once there is a connection. */
  readonly check: (() => void) | undefined;
}

/** What an exchange ends with that took too long. */
export class TimedOut extends Error {}

/** Sends a request and reads the answer. @throws what broke it off: `TimedOut`, the signal's or the check's reason, a fault of the network */
export async function exchange(
  { server, agent }: Pick<ClusterAccess, 'server' | 'agent'>,
  { method, path, headers, body, timeoutMillis, signal, check }: Exchange,
): Promise<{ readonly status: number; readonly text: string; readonly retryAfter: string | undefined }> {
  const send = server.startsWith('http:') ? overHttp : overHttps;
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const answered = Promise.withResolvers<IncomingMessage>();
  const request = send(`${server}${path}`, { agent, method, headers: { ...headers, ...length } }, answered.resolve);
  let ended: Error | undefined;
  const end = (reason: Error) => {
    ended = reason;
    request.destroy(reason);
  };
  const abort = () => end(signal?.reason instanceof Error ? signal.reason : new Error('it was ended'));
  const timer = setTimeout(() => end(new TimedOut()), timeoutMillis);
  request.on('error', answered.reject);
  signal?.addEventListener('abort', abort);
  try {
    if (signal?.aborted === true) {
      abort();
    }
    if (check !== undefined) {
      await Promise.race([connected(request), answered.promise]);
      check();
    }
    request.end(body);
    const response = await answered.promise;
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.statusCode ?? 0, text, retryAfter: response.headers['retry-after'] };
  } catch (error) {
    request.destroy();
    // An answer that breaks off says nothing of why.
    throw ended ?? error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** Resolves when a request has a connection that is open: what is written now goes now. */
async function connected(request: ClientRequest): Promise<void> {
  const open = Promise.withResolvers<void>();
  request.once('socket', (socket: Socket & Partial<TLSSocket> & { readonly secureConnecting?: boolean }) => {
    if (socket.connecting || socket.secureConnecting === true) {
      socket.once(socket.encrypted === true ? 'secureConnect' : 'connect', open.resolve);
    } else {
      open.resolve();
    }
  });
  return open.promise;
}
