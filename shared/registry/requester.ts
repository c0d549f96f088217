import { SluiceError } from '../errors.ts';
import { type Authentication, unauthorized } from './authentication.ts';
import type { RegistryHttp, RegistryReply } from './http.ts';

export interface RegistryRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD';
  readonly accept: string;
}

/** Sends requests with authentication. */
export class Requester {
  readonly #host: string;
  readonly #http: RegistryHttp;
  readonly #authentication: Authentication;

  /** @param host of the registry, as images name it */
  constructor(host: string, http: RegistryHttp, authentication: Authentication) {
    this.#host = host;
    this.#http = http;
    this.#authentication = authentication;
  }

  /**
   * Returns an answer of status 200.
   *
   * @param what is asked for, in errors: `library/hello:1.0.0`
   * @throws SluiceError `registry-…` for every other status
   */
  async get(repository: string, what: string, request: RegistryRequest, maxBytes: number): Promise<RegistryReply> {
    const { url, method = 'GET', accept } = request;
    const ask = async (authorization: string | undefined) => {
      const headers = { accept, ...(authorization === undefined ? {} : { authorization }) };
      return this.#http({ url, method, headers, maxBytes });
    };
    const known = this.#authentication.known(repository);
    let reply = await ask(known);
    if (reply.status === 401) {
      const challenge = reply.headers.get('www-authenticate');
      reply = await ask(await this.#authentication.answer(repository, known, challenge));
    }
    if (reply.status === 200) {
      return reply;
    }
    throw failed(this.#host, repository, what, reply.status);
  }
}

function failed(host: string, repository: string, what: string, status: number): SluiceError {
  if (status === 401 || status === 403) {
    return unauthorized(host, repository, `status ${status}`, status);
  }
  if (status === 404) {
    return new SluiceError({
      code: 'registry-not-found',
      subject: `${host}/${what}`,
      expected: 'an image',
      found: 'none (status 404)',
      status,
      next: 'If it was just pushed, the next sweep finds it.',
    });
  }
  return new SluiceError({
    code: 'registry-unavailable',
    subject: `registry ${host}`,
    expected: `status 200 for ${what}`,
    found: `status ${status}`,
    status,
    retryable: status >= 500 || status === 408,
  });
}
