import type { HttpHeaders, HttpReply } from '../../../http/client.ts';

/** What Octokit gives to `fetch`. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Octokit's seam to the network, its option `request.fetch`. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/**
 * A reply with as much of `Response` as Octokit takes: the platform's own would load the whole of Node's fetch.
 *
 * @see https://github.com/octokit/request.js/blob/v10.0.7/src/fetch-wrapper.ts
 */
export class FetchResponse {
  readonly status: number;
  readonly statusText = '';
  readonly url: string;
  readonly headers: HttpHeaders;
  /** Taken in the place of data where `parseSuccessResponseBody` is false. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly #content: Buffer;

  /** @param content the body where it was read */
  constructor({ status, headers, body }: HttpReply, from: URL, content: Buffer) {
    this.status = status;
    this.url = from.href;
    this.headers = headers;
    this.body = body;
    this.#content = content;
  }

  async text(): Promise<string> {
    return this.#content.toString('utf8');
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.#content).buffer;
  }
}
