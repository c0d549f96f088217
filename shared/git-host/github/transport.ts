import { setTimeout as pause } from 'node:timers/promises';
import { fetch, Response } from 'undici';
import { isSluiceError, messageOf, SluiceError } from '../../errors.ts';
import { readBody } from '../../response-body.ts';
import { requestSignal } from '../../time-limit.ts';
import { connectionAdvice, isUntrustedCertificate } from '../../untrusted-certificate.ts';

/** What Octokit gives to `fetch`. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

export interface TransportOptions {
  /** How messages name the repository. */
  readonly subject: string;
  /** The base of the API: nothing else gets our credentials. */
  readonly api: string;
  /** For one question, with what is repeated of it. */
  readonly timeoutMillis: number;
  /** Told of a redirect that was followed. */
  readonly moved: (to: URL) => void;
}

/** The longest are trees of 100,000 files, of some 30 MB. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024;
/** A file of 1 MiB, with which manifests end: base64 makes four bytes of three. */
const MAX_BLOB_REPLY_BYTES = 2 * 1024 * 1024;
const BLOB = /\/git\/blobs\//;
const MAX_REFUSAL_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 3;
/** Between one reading and the next. */
const PAUSES_MILLIS = [200, 600];

/**
 * Sends a request and reads the reply whole. What only reads is repeated after a broken connection or a status of 500
 * and more; what may have written is not. A redirect is followed where it only reads and stays in the API.
 *
 * @throws SluiceError `git-unavailable`
 */
export function transport(options: TransportOptions): Fetch {
  return async (url, init) => {
    const signal = requestSignal(options.timeoutMillis);
    const pauses = isRead(init) ? PAUSES_MILLIS : [];
    try {
      for (const millis of pauses) {
        const reply = await tried(follow(url, init, signal, options), signal);
        if (reply !== undefined && reply.status < 500) {
          return reply;
        }
        await tried(pause(millis, undefined, { signal }), signal);
      }
      return await follow(url, init, signal, options);
    } catch (error) {
      throw unavailable(error, options);
    }
  };
}

/** Undefined where it failed; whoever asks again finds out that the time is up. */
async function tried<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((isSluiceError(error) || isUntrustedCertificate(error)) && !signal.aborted) {
      throw error;
    }
    return undefined;
  }
}

async function follow(url: string, init: FetchInit, signal: AbortSignal, options: TransportOptions): Promise<Response> {
  let at = url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetch(at, { ...init, redirect: 'manual', signal });
    const body = await read(response, at, options);
    const target = redirectOf(response, at);
    if (target === undefined || !isRead(init) || !isInApi(target, options.api) || redirects === MAX_REDIRECTS) {
      const { status, headers } = response;
      return new Response(isBodiless(status) ? null : body, { status, headers });
    }
    options.moved(target);
    at = target.href;
  }
}

/** Where a reply sends us; undefined where it does not. */
export function redirectOf({ status, headers }: Response, from: string): URL | undefined {
  const target = headers.get('location');
  return status >= 300 && status < 400 && status !== 304 && target !== null && URL.canParse(target, from)
    ? new URL(target, from)
    : undefined;
}

/** Is this address below the base of the API, so that it may get our credentials? */
export function isInApi(url: URL, api: string): boolean {
  return url.href.startsWith(`${api}/`);
}

function isRead({ method = 'GET' }: FetchInit): boolean {
  return method === 'GET';
}

/** @see https://fetch.spec.whatwg.org/#null-body-status */
function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** @throws SluiceError `git-too-large`; of a refusal no more is read than people would */
async function read(response: Response, url: string, { subject }: TransportOptions): Promise<Buffer> {
  if (response.status >= 400) {
    return (await readBody(response.body, MAX_REFUSAL_BYTES)) ?? Buffer.alloc(0);
  }
  const maxBytes = BLOB.test(url) ? MAX_BLOB_REPLY_BYTES : MAX_REPLY_BYTES;
  const body = await readBody(response.body, maxBytes);
  if (body === undefined) {
    const expected = `a reply of at most ${maxBytes} bytes`;
    throw new SluiceError({ code: 'git-too-large', subject, expected, found: 'a longer one' });
  }
  return body;
}

/** The error for an answer that did not come, or not whole. */
export function unavailable(
  error: unknown,
  { subject, timeoutMillis }: Pick<TransportOptions, 'subject' | 'timeoutMillis'>,
): SluiceError {
  if (isSluiceError(error)) {
    return error;
  }
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const timedOut = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
  return new SluiceError({
    code: 'git-unavailable',
    subject,
    expected: 'an answer of GitHub',
    found: timedOut ? `no answer within ${timeoutMillis / 1000} s` : messageOf(cause),
    ...connectionAdvice(cause),
    cause,
  });
}
