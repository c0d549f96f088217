import type { Octokit } from '@octokit/core';
import type { RateLimit } from '../rate-limit.ts';
import type { RepositoryAddress } from '../repository-address.ts';
import { AppAuthorization } from './app-authorization.ts';
import type { Authorization, GitHubCredentials, Permission } from './credentials.ts';

/**
 * The authorization for one repository. An App's tokens are for that repository alone, and are kept until they expire.
 *
 * @param octokit sends without credentials
 * @param now milliseconds since the epoch
 */
export function authorizationOf(
  credentials: GitHubCredentials,
  address: RepositoryAddress,
  octokit: Octokit,
  limit: RateLimit,
  now: () => number,
): Authorization {
  return credentials.kind === 'app'
    ? new AppAuthorization(credentials, address, octokit, limit, now)
    : new TokenAuthorization(credentials.kind === 'token' ? credentials.token : undefined);
}

/** https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats */
const INSTALLATION_TOKEN = 'ghs_';

class TokenAuthorization implements Authorization {
  readonly #token: string | undefined;

  constructor(token: string | undefined) {
    this.#token = token;
  }

  async header(): Promise<string | undefined> {
    return this.#token === undefined ? undefined : `token ${this.#token}`;
  }

  renew(): boolean {
    return false;
  }

  isNew(): boolean {
    return false;
  }

  /** What an installation was granted is told with its token alone: one that somebody else asked for says nothing. */
  async mayWrite(_: Permission, push: boolean): Promise<boolean> {
    return push || this.#token?.startsWith(INSTALLATION_TOKEN) === true;
  }
}
