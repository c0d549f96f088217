import { isSluiceError, SluiceError } from '../../../errors.ts';
import { readBody } from '../../../http/body.ts';
import { HttpClient, type HttpReply } from '../../../http/client.ts';
import { connectionFailure } from '../../../http/failure.ts';
import { follow } from '../../../http/redirects.ts';
import { repeatRead } from '../../../http/retry.ts';
import { requestSignal } from '../../../time-limit.ts';
import { type Fetch, type FetchInit, FetchResponse } from './fetch-response.ts';

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
export const MAX_REFUSAL_BYTES = 1024 * 1024;
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
  const { api, moved } = options;
  const client = new HttpClient();
  const send = async (url: string, { method = 'GET', headers = {}, body }: FetchInit, signal: AbortSignal) => {
    const onto = (to: URL) => {
      if (!isInApi(to, api)) {
        return undefined;
      }
      moved(to);
      return headers;
    };
    const request = { method, url: new URL(url), headers, body, signal };
    const { reply, from } = await follow(request, async (one) => client.send(one), { max: MAX_REDIRECTS, onto });
    return new FetchResponse(reply, from, await read(reply, from, options));
  };
  return async (url, init) => {
    const signal = requestSignal(options.timeoutMillis);
    const pauses = (init.method ?? 'GET') === 'GET' ? PAUSES_MILLIS : [];
    try {
      return await repeatRead(pauses, signal, async () => send(url, init, signal));
    } catch (error) {
      throw unavailable(error, options);
    }
  };
}

/** Is this address below the base of the API, so that it may get our credentials? */
export function isInApi(url: URL, api: string): boolean {
  return url.href.startsWith(`${api}/`);
}

/** @throws SluiceError `git-too-large`; of a refusal no more is read than people would */
async function read(reply: HttpReply, { pathname }: URL, { subject }: TransportOptions): Promise<Buffer> {
  if (reply.status >= 400) {
    return (await readBody(reply.body, MAX_REFUSAL_BYTES)) ?? Buffer.alloc(0);
  }
  const maxBytes = BLOB.test(pathname) ? MAX_BLOB_REPLY_BYTES : MAX_REPLY_BYTES;
  const body = await readBody(reply.body, maxBytes);
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
  return isSluiceError(error)
    ? error
    : new SluiceError({
        code: 'git-unavailable',
        subject,
        expected: 'an answer of GitHub',
        ...connectionFailure(error, timeoutMillis),
      });
}
