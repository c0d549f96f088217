import { Agent, fetch, Headers, type Response } from 'undici';
import { type ErrorDetails, isSluiceError, messageOf, SluiceError } from '../errors.ts';
import { connectionAdvice } from '../untrusted-certificate.ts';
import { publicLookup, refuseForbiddenHost } from './address.ts';
import { ownHosts } from './own-hosts.ts';

/** A reply that was read whole. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

/** One registry's way to the network: what it sends us to is public, and gets no credentials of ours. */
export type HttpClient = (request: HttpRequest) => Promise<HttpReply>;

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * A client bound to one registry. Any address will do for the hosts that are its own; for every other one that it names
 * (blob stores, token services) only public ones.
 *
 * @param origin the registry's, `https://registry.example.com`
 * @param alsoAt hosts that are its own beside it
 */
export function httpClient(origin: string, timeoutMillis: number, alsoAt: readonly string[] = []): HttpClient {
  const isOwn = ownHosts(origin, alsoAt);
  const own = new Agent({ connect: { timeout: timeoutMillis } });
  const foreign = new Agent({ connect: { timeout: timeoutMillis, lookup: publicLookup } });
  return async ({ url, method = 'GET', headers = {}, maxBytes }) => {
    const signal = AbortSignal.timeout(timeoutMillis);
    let at = url;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      refuseAddress(at, origin, isOwn(at));
      const dispatcher = isOwn(at) ? own : foreign;
      const sent = new Headers(headers);
      if (at.origin !== url.origin) {
        sent.delete('authorization');
      }
      try {
        const response = await fetch(at, { method, headers: sent, redirect: 'manual', dispatcher, signal });
        const target = response.headers.get('location');
        if (!REDIRECTS.has(response.status) || target === null) {
          return { status: response.status, headers: response.headers, body: await readBody(response, maxBytes, at) };
        }
        await response.body?.cancel();
        at = new URL(target, at);
      } catch (error) {
        throw explain(error, at, timeoutMillis);
      }
    }
    throw unavailable(url.host, `more than ${MAX_REDIRECTS} redirects`, { retryable: false });
  };
}

function refuseAddress(url: URL, origin: string, isOwn: boolean): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw unavailable(new URL(origin).host, `a redirect to ${url.protocol}`, { retryable: false });
  }
  if (!isOwn) {
    refuseForbiddenHost(url.hostname);
  }
}

async function readBody(response: Response, maxBytes: number, { host }: URL): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new SluiceError({
        code: 'registry-reply-invalid',
        subject: `registry ${host}`,
        expected: `a reply of at most ${maxBytes} bytes`,
        found: 'a longer one',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function explain(error: unknown, { host }: URL, timeoutMillis: number): SluiceError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (isSluiceError(cause)) {
    return cause;
  }
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const found = timedOut ? `no answer within ${timeoutMillis / 1000} s` : messageOf(cause);
  return unavailable(host, found, { ...connectionAdvice(cause), cause });
}

function unavailable(
  host: string,
  found: string,
  more: Pick<ErrorDetails, 'retryable' | 'next' | 'cause'>,
): SluiceError {
  const subject = `registry ${host}`;
  return new SluiceError({ code: 'registry-unavailable', subject, expected: 'an answer', found, ...more });
}
