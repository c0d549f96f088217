import { type ErrorDetails, isSluiceError, SluiceError } from '../errors.ts';
import { readBody } from '../http/body.ts';
import { HttpClient, type HttpHeaders, type HttpRequest } from '../http/client.ts';
import { connectionFailure } from '../http/failure.ts';
import { follow } from '../http/redirects.ts';
import { publicLookup, refuseForbiddenHost } from './address.ts';
import { ownHosts } from './own-hosts.ts';

/** A reply that was read whole. */
export interface RegistryReply {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Buffer;
}

export interface RegistryHttpRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

/** One registry's way to the network: what it sends us to is public, and gets no credentials of ours. */
export type RegistryHttp = (request: RegistryHttpRequest) => Promise<RegistryReply>;

const MAX_REDIRECTS = 5;

/**
 * A client bound to one registry. Any address will do for the hosts that are its own; for every other one that it names
 * (blob stores, token services) only public ones.
 *
 * @param origin the registry's, `https://registry.example.com`
 * @param alsoAt hosts that are its own beside it
 */
export function registryHttp(origin: string, timeoutMillis: number, alsoAt: readonly string[] = []): RegistryHttp {
  const isOwn = ownHosts(origin, alsoAt);
  const own = new HttpClient();
  const foreign = new HttpClient({ lookup: publicLookup });
  const send = async (request: HttpRequest) => {
    refuseAddress(request.url, origin, isOwn(request.url));
    return (isOwn(request.url) ? own : foreign).send(request);
  };
  return async ({ url, method = 'GET', headers = {}, maxBytes }) => {
    const { authorization: _, ...anonymous } = headers;
    let at = url;
    const onto = (to: URL) => {
      at = to;
      return to.origin === url.origin ? headers : anonymous;
    };
    try {
      const request = { method, url, headers, signal: AbortSignal.timeout(timeoutMillis) };
      const { reply } = await follow(request, send, { max: MAX_REDIRECTS, onto });
      const body = await readBody(reply.body, maxBytes);
      if (body === undefined) {
        throw tooLong(at, maxBytes);
      }
      return { status: reply.status, headers: reply.headers, body };
    } catch (error) {
      throw isSluiceError(error) ? error : unavailable(at.host, connectionFailure(error, timeoutMillis));
    }
  };
}

function refuseAddress(url: URL, origin: string, isOwn: boolean): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw unavailable(new URL(origin).host, { found: `a redirect to ${url.protocol}`, retryable: false });
  }
  if (!isOwn) {
    refuseForbiddenHost(url.hostname);
  }
}

function tooLong({ host }: URL, maxBytes: number): SluiceError {
  return new SluiceError({
    code: 'registry-reply-invalid',
    subject: `registry ${host}`,
    expected: `a reply of at most ${maxBytes} bytes`,
    found: 'a longer one',
  });
}

function unavailable(host: string, failure: Pick<ErrorDetails, 'found' | 'retryable' | 'next' | 'cause'>): SluiceError {
  return new SluiceError({
    code: 'registry-unavailable',
    subject: `registry ${host}`,
    expected: 'an answer',
    ...failure,
  });
}
