import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { pipeline } from 'node:stream';

// An import would read all that these export, which loads the whole of Node's fetch: a third of a cold start.
const overHttp = process.getBuiltinModule('node:http');
const overHttps = process.getBuiltinModule('node:https');

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Until the whole of the reply is there. */
  readonly signal: AbortSignal;
}

/** By names in small letters; what came several times is joined by `, `. */
export type HttpHeaders = ReadonlyMap<string, string>;

/** A reply of which the body is still to be read, or discarded. */
export interface HttpReply {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Unpacked. Rejects with the signal's reason where that ended it. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of what has not been read. */
  readonly discard: () => void;
}

export interface HttpClientOptions {
  /** Finds the addresses of a name; the system's where it is left out. */
  readonly lookup?: LookupFunction;
}

/** Hosts close a connection that nothing is asked on after five seconds, or later. */
const KEPT_MILLIS = 4000;

/** Some hosts refuse whoever does not say what it is. */
const DEFAULT_HEADERS = { accept: '*/*', 'accept-encoding': 'gzip', 'user-agent': 'sluice' };

const MAX_DRAINED_BYTES = 64 * 1024;

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 */
const UNPACK: ReadonlyMap<string, 'createGunzip' | 'createInflate' | 'createBrotliDecompress'> = new Map([
  ['gzip', 'createGunzip'],
  ['x-gzip', 'createGunzip'],
  ['deflate', 'createInflate'],
  ['br', 'createBrotliDecompress'],
]);

/** Sends requests over connections that are kept for the next one. Follows no redirect, and takes any status. */
export class HttpClient {
  readonly #http: Agent;
  readonly #https: Agent;

  constructor({ lookup }: HttpClientOptions = {}) {
    const options = { keepAlive: true, timeout: KEPT_MILLIS, ...(lookup !== undefined && { lookup }) };
    this.#http = new overHttp.Agent(options);
    this.#https = new overHttps.Agent(options);
  }

  /**
   * Gives the reply once its head is there.
   *
   * @throws the signal's reason, or the fault of the connection as Node gives it
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    request.signal.throwIfAborted();
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    let sent = this.#begin(request);
    try {
      return replyOf(await answerTo(sent, request), request);
    } catch (error) {
      if (request.signal.aborted) {
        throw request.signal.reason;
      }
      // The host had closed the connection that was kept, before this was sent on it.
      if (!isRead || !sent.reusedSocket || !isReset(error)) {
        throw error;
      }
    }
    sent = this.#begin(request);
    return replyOf(await answerTo(sent, request), request);
  }

  #begin({ method, url, headers, signal }: HttpRequest): ClientRequest {
    const isTls = url.protocol === 'https:';
    return (isTls ? overHttps : overHttp).request(url, {
      agent: isTls ? this.#https : this.#http,
      method,
      headers: { ...DEFAULT_HEADERS, ...headers },
      signal,
    });
  }
}

async function answerTo(sent: ClientRequest, { body, signal }: HttpRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.on('response', resolve).on('error', (error) => reject(signal.aborted ? signal.reason : error));
  sent.end(body);
  return promise;
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function replyOf(message: IncomingMessage, { method, signal }: HttpRequest): HttpReply {
  const headers = new Map(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : `${value}`,
    ]),
  );
  const { statusCode: status = 0 } = message;
  // Where there is no body, the encoding is of the one that another request would get.
  const isBodiless = method === 'HEAD' || status === 204 || status === 304;
  const unpack = isBodiless ? undefined : unpacker(headers.get('content-encoding'));
  // Whoever reads the one learns of a fault of the other.
  const content = unpack === undefined ? message : pipeline(message, unpack, () => {});
  return {
    status,
    headers,
    body: until(signal, content),
    discard() {
      // A connection is worth more than a few bytes that are read in vain.
      if (Number(headers.get('content-length')) <= MAX_DRAINED_BYTES) {
        message.resume();
      } else {
        message.destroy();
      }
    },
  };
}

/** Loaded when something comes packed, which is not in a cold start. */
function unpacker(encoding: string | undefined) {
  const name = encoding === undefined ? undefined : UNPACK.get(encoding.toLowerCase());
  return name === undefined ? undefined : process.getBuiltinModule('node:zlib')[name]();
}

async function* until(signal: AbortSignal, content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
