import { SluiceError } from '../errors.ts';
import type * as z from '../schema.ts';
import { type RegistryHttp, registryHttp } from './http.ts';

/** An API beside a registry's own, which says when images came. */
export interface ClockApiOptions {
  /** Of the registry, as images name it. */
  readonly host: string;
  /** `https://api.github.com` */
  readonly base: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What to do where it refuses. */
  readonly next: string;
}

/** Without an answer an image waits; a decision about others must not. */
const TIMEOUT_MILLIS = 5000;
const MAX_BYTES = 8 * 1024 * 1024;

/** Asks such an API. */
export class ClockApi {
  readonly #options: ClockApiOptions;
  readonly #http: RegistryHttp;

  constructor(options: ClockApiOptions) {
    this.#options = options;
    this.#http = registryHttp(new URL(options.base).origin, TIMEOUT_MILLIS);
  }

  /**
   * What it answers; undefined where there is no such thing.
   *
   * @param path below its base, encoded
   * @throws SluiceError `registry-…`
   */
  async get<T>(path: string, schema: z.ZodMiniType<T>): Promise<T | undefined> {
    const { base, headers = {} } = this.#options;
    const url = new URL(`${base}/${path}`);
    const { status, body } = await this.#http({ url, headers, maxBytes: MAX_BYTES });
    if (status === 404) {
      return undefined;
    }
    if (status !== 200) {
      throw this.#refused(url, status);
    }
    try {
      return schema.parse(JSON.parse(body.toString('utf8')));
    } catch (cause) {
      throw new SluiceError({
        code: 'registry-reply-invalid',
        subject: this.#subject(url),
        expected: 'when images came',
        found: 'something else',
        cause,
      });
    }
  }

  #refused(url: URL, status: number): SluiceError {
    const isDenied = status === 401 || status === 403;
    return new SluiceError({
      code: isDenied ? 'registry-unauthorized' : 'registry-unavailable',
      subject: this.#subject(url),
      expected: 'when images came',
      found: `status ${status}`,
      status,
      ...(isDenied && { next: this.#options.next }),
      retryable: status >= 500 || status === 429,
    });
  }

  #subject({ host, pathname }: URL): string {
    return `clock of ${this.#options.host} (${host}${pathname})`;
  }
}
