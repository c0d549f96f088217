import { isSluiceError, SluiceError } from '../../../errors.ts';
import { withoutUser } from '../../../git/address.ts';
import { readBody } from '../../../http/body.ts';
import { HttpClient, type HttpReply, isRead } from '../../../http/client.ts';
import { connectionFailure } from '../../../http/failure.ts';
import { follow, redirectOf } from '../../../http/redirects.ts';
import { repeatRead } from '../../../http/retry.ts';
import { requestSignal } from '../../../time-limit.ts';
import { type Asked, errorOf } from '../errors.ts';
import { RateLimit } from '../rate-limit.ts';
import type { GitLabResponse } from './response.ts';

export interface GitLabHttpOptions {
  readonly subject: string;
  /** The base without `/api/v4`. */
  readonly host: string;
  readonly token: string | undefined;
  /** For one request, its repetitions and redirects included. */
  readonly timeoutMillis: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface GitLabRequest {
  readonly method: Asked['method'];
  /** Below `/api/v4/`, with the query. */
  readonly path: string;
  /** JSON. */
  readonly body?: string | undefined;
  /** A read is asked again where GitLab fails; false where each request counts. */
  readonly again?: boolean;
  /** More of a success is not read; {@link MAX_REPLY_BYTES} where it is left out. */
  readonly maxBytes?: number | undefined;
  /** Takes a success as it comes, in the place of the reply's body; asked again, it begins anew. */
  readonly into?: (body: AsyncIterable<Uint8Array>) => Promise<void>;
}

/** Asks GitLab; what is no success is thrown. */
export interface GitLabTransport {
  send(request: GitLabRequest): Promise<GitLabResponse>;
}

/** Only what cannot have written is asked again, after these pauses. */
const PAUSES_MILLIS = [200, 800];
const MAX_REDIRECTS = 3;
/** A hundred commits, each with a message that fills a screen, are some 500 KB. */
export const MAX_REPLY_BYTES = 16 * 1024 * 1024;
/** What GitLab says of why it refuses. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** The way to one GitLab: its time limit, its rate limits, its redirects, and no write twice. */
export class HttpTransport implements GitLabTransport {
  readonly #options: GitLabHttpOptions;
  readonly #client = new HttpClient();
  readonly #limit: RateLimit;

  constructor(options: GitLabHttpOptions) {
    this.#options = options;
    this.#limit = new RateLimit(options.subject, options.now);
  }

  async send(request: GitLabRequest): Promise<GitLabResponse> {
    const { subject, token, timeoutMillis } = this.#options;
    this.#limit.check(request.path);
    const signal = requestSignal(timeoutMillis);
    const pauses = request.again !== false && isRead(request) ? PAUSES_MILLIS : [];
    const sending = repeatRead(pauses, signal, async () => this.#sendOnce(request, signal));
    const reply = await sending.catch((error: unknown) => {
      throw explain(error, subject, timeoutMillis);
    });
    this.#limit.note(request.path, reply);
    if (reply.status < 200 || reply.status > 299) {
      const path = request.path.split('?')[0] ?? '';
      throw errorOf(subject, { method: request.method, path, hasToken: token !== undefined }, reply);
    }
    return reply;
  }

  async #sendOnce(request: GitLabRequest, signal: AbortSignal): Promise<GitLabResponse> {
    const { subject, host, token } = this.#options;
    const { method, path, body } = request;
    const headers = {
      accept: 'application/json, */*;q=0.5',
      'user-agent': 'sluice',
      ...(token === undefined ? {} : { 'private-token': token }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const { reply, from } = await follow(
      { method, url: new URL(path, `${host}/api/v4/`), headers, body, signal },
      async (sent) => this.#client.send(sent),
      // Another host gets no token of ours.
      { max: MAX_REDIRECTS, onto: (to, at) => (to.origin === at.origin ? headers : undefined) },
    );
    const to = redirectOf(reply, from);
    if (to !== undefined) {
      reply.discard();
      throw moved(subject, to);
    }
    return { status: reply.status, headers: reply.headers, body: await read(reply, request, subject) };
  }
}

/** @throws SluiceError `git-too-large`; of a refusal that is longer than words for people nothing is taken */
async function read({ status, body }: HttpReply, { maxBytes, into }: GitLabRequest, subject: string): Promise<Buffer> {
  if (status < 200 || status > 299) {
    return (await readBody(body, MAX_REFUSAL_BYTES)) ?? Buffer.alloc(0);
  }
  if (into !== undefined) {
    await into(body);
    return Buffer.alloc(0);
  }
  const whole = await readBody(body, maxBytes ?? MAX_REPLY_BYTES);
  if (whole === undefined) {
    const expected = `an answer of at most ${maxBytes ?? MAX_REPLY_BYTES} bytes`;
    throw new SluiceError({ code: 'git-too-large', subject, expected, found: 'a longer one' });
  }
  return whole;
}

function moved(subject: string, to: URL): SluiceError {
  return new SluiceError({
    code: 'git-not-found',
    subject,
    expected: 'a project at this url',
    found: `one that moved to ${withoutUser(`${to.origin}${to.pathname}`)}`,
    next: 'Check the url and the branch in sluice.yml.',
  });
}

function explain(error: unknown, subject: string, timeoutMillis: number): SluiceError {
  return isSluiceError(error)
    ? error
    : new SluiceError({
        code: 'git-unavailable',
        subject,
        expected: 'an answer of GitLab',
        ...connectionFailure(error, timeoutMillis),
      });
}
