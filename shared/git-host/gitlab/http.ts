import { setTimeout as pause } from 'node:timers/promises';
import { Agent, fetch, type Response } from 'undici';
import { isSluiceError, messageOf, SluiceError } from '../../errors.ts';
import { withoutUser } from '../../git/address.ts';
import { readBody } from '../../response-body.ts';
import { requestSignal } from '../../time-limit.ts';
import { connectionAdvice, isUntrustedCertificate } from '../../untrusted-certificate.ts';
import { type Asked, failureOf, type GitLabReply } from './failure.ts';
import { rateLimit } from './rate-limit.ts';

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
export type GitLabHttp = (request: GitLabRequest) => Promise<GitLabReply>;

/** Only what cannot have written is asked again, after these pauses. */
const PAUSES_MILLIS = [200, 800];
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** A hundred commits, each with a message that fills a screen, are some 500 KB. */
export const MAX_REPLY_BYTES = 16 * 1024 * 1024;
/** What GitLab says of why it refuses. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** The way to one GitLab: its time limit, its rate limits, its redirects, and no write twice. */
export function gitLabHttp(options: GitLabHttpOptions): GitLabHttp {
  const { subject, token, timeoutMillis, now } = options;
  const dispatcher = new Agent({ connect: { timeout: timeoutMillis } });
  const base = `${options.host}/api/v4/`;
  const limit = rateLimit(subject, now);

  const send = async (request: GitLabRequest, signal: AbortSignal): Promise<GitLabReply> => {
    const { method, path, body } = request;
    let at = new URL(path, base);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const headers = {
        accept: 'application/json, */*;q=0.5',
        'user-agent': 'sluice',
        ...(token === undefined ? {} : { 'private-token': token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const sent = { method, headers, redirect: 'manual', dispatcher, signal } as const;
      const response = await fetch(at, body === undefined ? sent : { ...sent, body });
      const target = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
      if (target === null) {
        return { status: response.status, headers: response.headers, body: await read(response, request, subject) };
      }
      await response.body?.cancel();
      const to = new URL(target, at);
      // Another host gets no token of ours; and what writes is not sent on.
      if (to.origin !== at.origin || (method !== 'GET' && method !== 'HEAD')) {
        throw moved(subject, to);
      }
      at = to;
    }
    throw moved(subject, at);
  };

  return async (request) => {
    limit.refuse(request.path);
    const signal = requestSignal(timeoutMillis);
    const reply = await repeated(request, async () => send(request, signal), signal).catch((error: unknown) => {
      throw explain(error, subject, timeoutMillis);
    });
    limit.note(request.path, reply);
    if (reply.status < 200 || reply.status > 299) {
      const path = request.path.split('?')[0] ?? '';
      throw failureOf(subject, { method: request.method, path, hasToken: token !== undefined }, reply);
    }
    return reply;
  };
}

async function repeated(
  { method, again = true }: GitLabRequest,
  send: () => Promise<GitLabReply>,
  signal: AbortSignal,
): Promise<GitLabReply> {
  const pauses = again && (method === 'GET' || method === 'HEAD') ? PAUSES_MILLIS : [];
  for (const millis of pauses) {
    try {
      const reply = await send();
      if (reply.status < 500) {
        return reply;
      }
    } catch (error) {
      if (isSluiceError(error) || isUntrustedCertificate(error) || signal.aborted) {
        throw error;
      }
    }
    await pause(millis, undefined, { signal });
  }
  return send();
}

/** @throws SluiceError `git-too-large`; of a refusal that is longer than words for people nothing is taken */
async function read({ status, body }: Response, { maxBytes, into }: GitLabRequest, subject: string): Promise<Buffer> {
  if (status < 200 || status > 299) {
    return (await readBody(body, MAX_REFUSAL_BYTES)) ?? Buffer.alloc(0);
  }
  if (into !== undefined) {
    await into(body ?? ReadableStream.from([]));
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
  if (isSluiceError(error)) {
    return error;
  }
  const isLate = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new SluiceError({
    code: 'git-unavailable',
    subject,
    expected: 'an answer of GitLab',
    found: isLate ? `no answer within ${timeoutMillis / 1000} s` : messageOf(cause),
    ...connectionAdvice(cause),
    cause,
  });
}
