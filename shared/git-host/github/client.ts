import { Octokit } from '@octokit/core';
import { SluiceError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { z } from '../../schema.ts';
import { authorizationOf } from './api/authorization.ts';
import type { Authorization, GitHubCredentials, Permission } from './api/credentials.ts';
import {
  type Accepted,
  anyStatus,
  apiVersion,
  authorizing,
  lookAt,
  rateLimited,
  refusing,
  renewing,
} from './api/plugins.ts';
import { type GitHubResponse, responseOf } from './api/response.ts';
import { transport } from './api/transport.ts';
import { type Asked, explain } from './errors.ts';
import { RateLimit } from './rate-limit.ts';
import type { RepositoryAddress } from './repository-address.ts';

// The core of octokit, with its typed routes. `export { restEndpointMethods }` of @octokit/plugin-rest-endpoint-methods
// holds every endpoint, 13 KB of a zip; `export { Octokit, App }` of octokit has webhooks, OAuth, throttling and retries
// besides, 30 KB. commit-image's zip is to be 40 % smaller than it was, 431 KB at most, and has 429 without either.

/** Sends one request by Octokit; `at` names the repository. */
export type Send = (
  request: Octokit['request'],
  at: { readonly owner: string; readonly repo: string },
) => Promise<{ readonly status: number; readonly headers: object; readonly data: unknown }>;

export interface ClientOptions {
  readonly address: RepositoryAddress;
  readonly credentials: GitHubCredentials;
  /** For one question, with what is repeated of it. */
  readonly timeoutMillis: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** One repository by GitHub's API: asks one thing at a time, and repeats nothing that may have written. */
export class GitHubClient {
  readonly address: RepositoryAddress;
  readonly timeoutMillis: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  readonly #octokit: Octokit;
  readonly #authorization: Authorization;
  readonly #asked: Asked;

  constructor(options: ClientOptions) {
    const { address, credentials, timeoutMillis, now, log } = options;
    this.address = address;
    this.timeoutMillis = timeoutMillis;
    this.now = now;
    this.log = log;
    this.#asked = { subject: address.subject, isAnonymous: credentials.kind === 'none' };
    const octokitOptions = optionsOf(options);
    const limit = new RateLimit(address.subject, now);
    const withoutCredentials = new (Octokit.plugin(apiVersion))(octokitOptions);
    this.#authorization = authorizationOf(credentials, address, withoutCredentials, limit, now);
    const Client = Octokit.plugin(
      apiVersion,
      authorizing(this.#authorization),
      anyStatus,
      rateLimited(limit),
      renewing(this.#authorization),
      refusing(this.#asked, address),
    );
    this.#octokit = new Client(octokitOptions);
  }

  /**
   * Asks, and gives the response where it is a success or has one of these statuses.
   *
   * @throws SluiceError with a `git-…` code for every other
   */
  async ask(send: Send, ...statuses: readonly number[]): Promise<GitHubResponse> {
    const { owner, repo } = this.address;
    const accepted: Accepted = statuses;
    const request = this.#octokit.request.defaults({ request: { accepted } });
    return responseOf(await send(request, { owner, repo }));
  }

  /** Asks, and reads what the response is to be; what GitHub adds is left out. */
  async read<T>(schema: z.ZodMiniType<T>, send: Send): Promise<T> {
    return this.parse(schema, await this.ask(send));
  }

  /** Makes sense of a response that was accepted. */
  parse<T>(schema: z.ZodMiniType<T>, { status, data }: GitHubResponse): T {
    const parsed = schema.safeParse(data);
    if (parsed.success) {
      return parsed.data;
    }
    const [issue] = parsed.error.issues;
    const found = typeof data === 'object' ? `${issue?.path.join('.')}: ${issue?.message}` : 'what is none of its JSON';
    throw new SluiceError({
      code: 'git-not-found',
      subject: this.address.subject,
      expected: `GitHub's API at ${this.address.api}`,
      found: `${found} (status ${status})`,
      next: 'Check the url of this repository in sluice.yml.',
    });
  }

  /** The error for a response that was accepted and is none of what was hoped for. */
  async refusal(response: GitHubResponse): Promise<SluiceError> {
    return explain(response, this.#asked, async () => lookAt(this.#octokit.request, this.address));
  }

  /**
   * Whether contents or statuses may be written.
   *
   * @param push what the repository says of whoever asks, which is false for any installation of an App
   */
  async mayWrite(permission: Permission, push: boolean): Promise<boolean> {
    return this.#authorization.mayWrite(permission, push);
  }
}

/** Our own way to the network, and our log. */
function optionsOf({ address: { subject, api }, timeoutMillis, log }: ClientOptions) {
  let isTold = false;
  const moved = (to: URL) => {
    if (!isTold) {
      isTold = true;
      const told = { repository: subject, to: to.href };
      log.warn('the repository or branch moved; put its new name into sluice.yml', told);
    }
  };
  return {
    baseUrl: api,
    userAgent: 'sluice',
    log: {
      debug: () => {},
      info: () => {},
      warn: (text: string) => log.warn(text),
      error: (text: string) => log.error(text),
    },
    request: { fetch: transport({ subject, api, timeoutMillis, moved }) },
  };
}
