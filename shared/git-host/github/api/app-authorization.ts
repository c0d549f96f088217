import type { createAppAuth } from '@octokit/auth-app';
import type { Octokit } from '@octokit/core';
import { messageOf, SluiceError } from '../../../errors.ts';
import { errorOf } from '../errors.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { RepositoryAddress } from '../repository-address.ts';
import type { Authorization, GitHubCredentials, Permission } from './credentials.ts';
import { type GitHubResponse, responseIn } from './response.ts';

type AppCredentials = GitHubCredentials & { readonly kind: 'app' };
type AppAuth = ReturnType<typeof createAppAuth>;

const NEW_MILLIS = 60_000;

/** What an App that is installed on a repository may do there, by tokens that GitHub gives it for an hour each. */
export class AppAuthorization implements Authorization {
  readonly #credentials: AppCredentials;
  readonly #address: RepositoryAddress;
  readonly #octokit: Octokit;
  readonly #limit: RateLimit;
  readonly #now: () => number;
  #opening: Promise<{ readonly auth: AppAuth; readonly installationId: number }> | undefined;
  #isStale = false;
  #latest = { token: '', madeAt: Number.NEGATIVE_INFINITY };

  constructor(
    credentials: AppCredentials,
    address: RepositoryAddress,
    octokit: Octokit,
    limit: RateLimit,
    now: () => number,
  ) {
    this.#credentials = credentials;
    this.#address = address;
    this.#octokit = octokit;
    this.#limit = limit;
    this.#now = now;
  }

  async header(): Promise<string> {
    return `token ${(await this.#grant()).token}`;
  }

  async mayWrite(permission: Permission): Promise<boolean> {
    return (await this.#grant()).permissions[permission] === 'write';
  }

  isNew(): boolean {
    return this.#now() - this.#latest.madeAt < NEW_MILLIS;
  }

  renew(): boolean {
    this.#isStale = true;
    return true;
  }

  async #grant() {
    this.#opening ??= this.#open();
    try {
      const { auth, installationId } = await this.#opening;
      const repositoryNames = [this.#address.repo];
      const asked = { type: 'installation', installationId, repositoryNames, refresh: this.#isStale } as const;
      const grant = await this.#ask(async () => auth(asked));
      this.#isStale = false;
      this.#latest = this.#latest.token === grant.token ? this.#latest : { token: grant.token, madeAt: this.#now() };
      return grant;
    } catch (error) {
      // The App may be installed by the next time.
      this.#opening = undefined;
      throw error;
    }
  }

  async #open() {
    // Only where an App is used: it is the larger half of the client.
    const { createAppAuth } = await import('@octokit/auth-app');
    const { appId, privateKey } = this.#credentials;
    const auth = createAppAuth({ appId, privateKey, request: this.#octokit.request });
    return { auth, installationId: this.#credentials.installationId ?? (await this.#findInstallation(auth)) };
  }

  async #findInstallation(auth: AppAuth): Promise<number> {
    const { owner, repo } = this.#address;
    const { token } = await this.#ask(async () => auth({ type: 'app' }));
    const headers = { authorization: `bearer ${token}` };
    const { data } = await this.#ask(async () =>
      this.#octokit.request('GET /repos/{owner}/{repo}/installation', { owner, repo, headers }),
    );
    return data.id;
  }

  /** What is asked for us throws what GitHub refused, and what is wrong with the key. */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { subject } = this.#address;
      const response = responseIn(error);
      throw response === undefined ? keyUnusable(subject, error) : appRefused(subject, response, this.#limit);
    }
  }
}

function keyUnusable(subject: string, error: unknown): SluiceError {
  return new SluiceError({
    code: 'git-unauthorized',
    subject,
    expected: 'the private key of a GitHub App in PEM',
    found: `one that cannot be used: ${messageOf(error).replace(/-----.*/s, '…')}`,
    next: 'Check the credentials of this repository in sluice.yml.',
  });
}

function appRefused(subject: string, response: GitHubResponse, limit: RateLimit): SluiceError {
  try {
    limit.note(response);
  } catch (error) {
    if (error instanceof SluiceError) {
      return error;
    }
  }
  if (response.status !== 404 && response.status !== 422) {
    return errorOf(response, { subject, isAnonymous: false });
  }
  return new SluiceError({
    code: 'git-not-found',
    subject,
    expected: 'a repository that has this GitHub App installed',
    found: `none (status ${response.status}): it does not exist, or the App is not installed on it`,
    next: 'Check the url and the credentials of this repository in sluice.yml, and install the App on it.',
  });
}
