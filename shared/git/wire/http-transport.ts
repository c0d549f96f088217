import { isSluiceError, SluiceError } from '../../errors.ts';
import { readBody, readStart } from '../../http/body.ts';
import { HttpClient, type HttpReply } from '../../http/client.ts';
import { connectionFailure } from '../../http/failure.ts';
import { quietSeconds, retryAfterSeconds } from '../../http/retry-after.ts';
import { withoutUser } from '../address.ts';
import type { GitCredentials } from '../credentials.ts';
import { type HttpAnswer, httpFailure, MAX_WORDS_BYTES, wordsIn } from './http-failure.ts';
import { MAX_ADVERTISEMENT_BYTES, MAX_REPLY_BYTES, TooMuchError } from './limits.ts';
import { endOfSection } from './pkt-line.ts';
import type { GitService, Transport } from './transport.ts';

/**
 * Returns a way to Git over HTTP. Redirects are not followed: credentials are for the host that was named.
 *
 * @see https://git-scm.com/docs/gitprotocol-http
 */
export function httpTransport(
  url: string,
  subject: string,
  credentials: GitCredentials,
  timeoutMillis: number,
  now: () => number,
): Transport {
  const base = new URL(url);
  const authorization = authorizationOf(base, credentials);
  base.username = '';
  base.password = '';
  const host = new HttpGit({ address: base.href.replace(/\/+$/, ''), subject, authorization, timeoutMillis, now });
  return (service, signal) => ({
    async advertisement() {
      const bytes = await host.ask({ service, path: `info/refs?service=${service}`, signal });
      // The name of the service is a section of its own; some hosts leave it out.
      const isNamed = bytes.toString('latin1', 4, 5) === '#';
      return isNamed ? bytes.subarray(endOfSection(bytes) ?? bytes.length) : bytes;
    },
    reply: async (body) => host.ask({ service, path: service, body, signal }),
    end: () => {},
  });
}

interface HttpGitOptions {
  /** Without a user, and without slashes at its end. */
  readonly address: string;
  readonly subject: string;
  readonly authorization: string | undefined;
  /** For one request. */
  readonly timeoutMillis: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface GitRequest {
  readonly service: GitService;
  /** Below the address. */
  readonly path: string;
  /** Undefined where the advertisement is asked for. */
  readonly body?: Buffer;
  readonly signal: AbortSignal;
}

/** A repository over HTTP, which is asked nothing for as long as it asked to be left alone. */
class HttpGit {
  readonly #options: HttpGitOptions;
  readonly #client = new HttpClient();
  #quietUntil = 0;

  constructor(options: HttpGitOptions) {
    this.#options = options;
  }

  /** Returns the body of an answer of Git. @throws SluiceError `git-…`; TooMuchError */
  async ask(request: GitRequest): Promise<Buffer> {
    const { subject, authorization, timeoutMillis, now } = this.#options;
    const left = this.#quietUntil - now();
    if (left > 0) {
      const waitSeconds = Math.ceil(left / 1000);
      throw httpFailure(subject, { status: 429, words: '', waitSeconds, isKnown: authorization !== undefined });
    }
    try {
      return await this.#read(await this.#send(request), request);
    } catch (error) {
      throw isSluiceError(error) || error instanceof TooMuchError ? error : unreachable(subject, error, timeoutMillis);
    }
  }

  async #send(request: GitRequest): Promise<HttpReply> {
    const { service, path, body, signal } = request;
    const { address, authorization } = this.#options;
    const headers = {
      'user-agent': 'git/sluice',
      accept: mediaTypeFor(request),
      ...(body === undefined ? {} : { 'content-type': `application/x-${service}-request` }),
      ...(authorization === undefined ? {} : { authorization }),
    };
    return this.#client.send({
      method: body === undefined ? 'GET' : 'POST',
      url: new URL(`${address}/${path}`),
      headers,
      body,
      signal,
      mayRepeat: service === 'git-upload-pack' || body === undefined,
    });
  }

  async #read(response: HttpReply, request: GitRequest): Promise<Buffer> {
    const { subject, authorization, now } = this.#options;
    if (response.status !== 200) {
      const answer = await answerOf(response, authorization !== undefined, now());
      this.#quietUntil = answer.status === 429 ? now() + answer.waitSeconds * 1000 : this.#quietUntil;
      throw httpFailure(subject, answer);
    }
    const contentType = response.headers.get('content-type') ?? 'no content type';
    if (mediaTypeOf(contentType) !== mediaTypeFor(request)) {
      response.discard();
      throw notGit(subject, contentType);
    }
    const maxBytes = request.body === undefined ? MAX_ADVERTISEMENT_BYTES : MAX_REPLY_BYTES;
    const answered = await readBody(response.body, maxBytes);
    if (answered === undefined) {
      throw new TooMuchError(`an answer of at most ${maxBytes} bytes`);
    }
    return answered;
  }
}

/** What the answer to a request is. */
function mediaTypeFor({ service, body }: GitRequest): string {
  return `application/x-${service}-${body === undefined ? 'advertisement' : 'result'}`;
}

function authorizationOf(url: URL, credentials: GitCredentials): string | undefined {
  if (credentials.kind === 'basic') {
    return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  }
  return url.username === ''
    ? undefined
    : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:`).toString('base64')}`;
}

/** Without parameters, which some proxies add. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1 */
function mediaTypeOf(contentType: string): string {
  return contentType.replace(/;.*$/s, '').trim().toLowerCase();
}

async function answerOf(response: HttpReply, isKnown: boolean, now: number): Promise<HttpAnswer> {
  const mediaType = mediaTypeOf(response.headers.get('content-type') ?? '');
  const isForPeople = mediaType === 'text/plain' || mediaType.startsWith('application/x-git-');
  const words = isForPeople ? wordsIn(mediaType, await readStart(response.body, MAX_WORDS_BYTES)) : '';
  if (!isForPeople) {
    response.discard();
  }
  const location = response.headers.get('location');
  return {
    status: response.status,
    words,
    waitSeconds: quietSeconds(retryAfterSeconds(response.headers.get('retry-after'), now), DEFAULT_WAIT_SECONDS),
    isKnown,
    ...(location === undefined ? {} : { location: withoutUser(location) }),
  };
}

const DEFAULT_WAIT_SECONDS = 30;

function notGit(subject: string, type: string): SluiceError {
  const found = `${type}, which is not Git's`;
  const next = 'Check the url and the branch in sluice.yml.';
  return new SluiceError({ code: 'git-not-found', subject, expected: 'an answer of Git', found, next });
}

function unreachable(subject: string, error: unknown, timeoutMillis: number): SluiceError {
  return new SluiceError({ code: 'git-unavailable', subject, ...connectionFailure(error, timeoutMillis) });
}
