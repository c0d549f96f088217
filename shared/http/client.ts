import type { Agent, AgentOptions, ClientRequest, IncomingMessage } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Throws where it may no longer be sent: asked last of all, once there is a connection. */
  readonly check?: (() => void) | undefined;
  /** May it be sent twice where nothing says whether the first one came? What only reads may, if it is left out. */
  readonly mayRepeat?: boolean;
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
  /** What it proves itself with, and whom it trusts; what Node trusts where it is left out. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>;
  /** Of each request that does not say otherwise; {@link DEFAULT_HEADERS} where it is left out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a connection is kept for the next request. */
  readonly keptMillis?: number;
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
  readonly #headers: Readonly<Record<string, string>>;
  readonly #connection: AgentOptions;
  readonly #kept: Agents;

  constructor({ lookup, tls, headers = DEFAULT_HEADERS, keptMillis = KEPT_MILLIS }: HttpClientOptions = {}) {
    this.#headers = headers;
    this.#connection = { ...(lookup && { lookup }), ...tls };
    this.#kept = new Agents({ ...this.#connection, keepAlive: true, timeout: keptMillis });
  }

  /**
   * Gives the reply once its head is there.
   *
   * @throws the signal's reason, what the check throws, or the fault of the connection as Node gives it
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    const { signal, mayRepeat = isRead(request) } = request;
    signal.throwIfAborted();
    const sent = this.#begin(request, this.#kept);
    try {
      return replyOf(await answerTo(sent, request), request);
    } catch (error) {
      // The host had closed the connection that was kept, before this was sent on it.
      if (signal.aborted || !mayRepeat || !sent.reusedSocket || !isReset(error)) {
        throw error;
      }
    }
    // Others that are kept may be closed as well.
    return replyOf(await answerTo(this.#begin(request, new Agents(this.#connection)), request), request);
  }

  #begin({ method, url, headers, body }: HttpRequest, agents: Agents): ClientRequest {
    const protocol = protocolOf(url);
    // Node tells the length of a body only with methods that usually have one.
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return moduleOf(protocol).request(url, {
      agent: agents.of(protocol),
      method,
      headers: { ...this.#headers, ...headers, ...length },
    });
  }
}

/** Does a request only read? @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 */
export function isRead({ method }: Pick<HttpRequest, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD';
}

type Protocol = 'http' | 'https';

function protocolOf({ protocol }: URL): Protocol {
  return protocol === 'https:' ? 'https' : 'http';
}

/**
 * Node's own, loaded with the first request that needs it: TLS is a tenth of a cold start. An import would read all that
 * these export, which loads the whole of Node's fetch: a third of one.
 */
function moduleOf(protocol: Protocol) {
  return process.getBuiltinModule(`node:${protocol}`);
}

/** What keeps connections, for each protocol that is spoken. */
class Agents {
  readonly #options: AgentOptions;
  readonly #opened = new Map<Protocol, Agent>();

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  of(protocol: Protocol): Agent {
    const opened = this.#opened.get(protocol) ?? new (moduleOf(protocol).Agent)(this.#options);
    this.#opened.set(protocol, opened);
    return opened;
  }
}

async function answerTo(sent: ClientRequest, { body, check, signal }: HttpRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fail = (error: Error) => reject(signal.aborted ? signal.reason : error);
  // Of what it does not take for an answer, a change of protocols, Node tells by the end of the connection alone.
  const ended = () => fail(new Error('the connection ended without an answer'));
  const answered = (message: IncomingMessage) => {
    // Every connection ends, and each error takes the time to note where it was made.
    sent.off('close', ended);
    resolve(message);
  };
  const abort = () => sent.destroy(signal.reason);
  signal.addEventListener('abort', abort);
  sent.on('close', () => signal.removeEventListener('abort', abort));
  sent.on('response', answered).on('error', fail).on('close', ended);
  if (check !== undefined) {
    await Promise.race([connected(sent), promise]);
    try {
      check();
    } catch (error) {
      sent.destroy();
      throw error;
    }
  }
  sent.end(body);
  return promise;
}

/** Resolves when a request has a connection that is open: what is written now goes now. */
async function connected(request: ClientRequest): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  request.once('socket', (socket: Socket & Partial<TLSSocket> & { readonly secureConnecting?: boolean }) => {
    if (socket.connecting || socket.secureConnecting === true) {
      socket.once(socket.encrypted === true ? 'secureConnect' : 'connect', resolve);
    } else {
      resolve();
    }
  });
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
  const isBodiless = method === 'HEAD' || status === 204 || status === 304 || headers.get('content-length') === '0';
  const unpack = isBodiless ? undefined : unpacker(headers.get('content-encoding'));
  // Whoever reads the one learns of a fault of the other.
  const content = unpack === undefined ? message : pipeline(message, unpack, () => {});
  return {
    status,
    headers,
    body: until(signal, unpack === undefined ? content : unlessEmpty(content, unpack)),
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

type Unpacker = NonNullable<ReturnType<typeof unpacker>>;

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

/** Some hosts call an answer packed that has no byte: it is one of no byte then. */
async function* unlessEmpty(content: AsyncIterable<Uint8Array>, unpack: Unpacker): AsyncIterable<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    const isEmpty = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
    if (!isEmpty || unpack.bytesWritten > 0) {
      throw error;
    }
  }
}
