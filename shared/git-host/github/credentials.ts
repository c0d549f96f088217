import type { Octokit } from '@octokit/core';
import { messageOf, SluiceError } from '../../errors.ts';
import { refusalOf } from './errors.ts';
import type { RateLimit } from './rate-limit.ts';
import { type GitHubReply, isSuccess, refusalIn, replyOf } from './reply.ts';
import type { Place } from './repository-address.ts';

/** Who asks: nobody, the owner of a token (classic, fine-grained or a workflow's), or a GitHub App. */
export type GitHubCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'app';
      /** Its number or its client id. */
      readonly appId: string | number;
      /** Asked of GitHub where it is left out. */
      readonly installationId?: number | undefined;
      /** PEM. */
      readonly privateKey: string;
    };

/** What an App is granted one by one: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps */
export type Permission = 'contents' | 'statuses';

/** Gives the `authorization` header of a request. */
export interface Authorization {
  /**
   * Undefined where nothing is to be shown.
   *
   * @throws SluiceError `git-unauthorized` where an App gets no token
   */
  header(): Promise<string | undefined>;
  /** Lets go of a token that GitHub did not take; false where there is no other to be had. */
  renew(): boolean;
  /** Was the token made so lately that not all of GitHub may know it yet? */
  isNew(): boolean;
  /**
   * Whether contents or statuses may be written.
   *
   * @param push what the repository says of whoever asks, which is false for any installation of an App
   */
  mayWrite(permission: Permission, push: boolean): Promise<boolean>;
}

/**
 * The authorization for one repository. An App's tokens are for that repository alone, and are kept until they expire.
 *
 * @param octokit sends without credentials
 * @param now milliseconds since the epoch
 */
export function authorizationOf(
  credentials: GitHubCredentials,
  place: Place,
  octokit: Octokit,
  limit: RateLimit,
  now: () => number,
): Authorization {
  if (credentials.kind === 'app') {
    return appAuthorization(credentials, place, octokit, limit, now);
  }
  const token = credentials.kind === 'token' ? credentials.token : undefined;
  // What an installation was granted is told with its token alone: one that somebody else asked for says nothing.
  const isGranted = token?.startsWith(INSTALLATION_TOKEN) === true;
  return {
    header: async () => (token === undefined ? undefined : `token ${token}`),
    renew: () => false,
    isNew: () => false,
    mayWrite: async (_, push) => push || isGranted,
  };
}

/** https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats */
const INSTALLATION_TOKEN = 'ghs_';

type AppCredentials = GitHubCredentials & { readonly kind: 'app' };

const NEW_MILLIS = 60_000;

function appAuthorization(
  credentials: AppCredentials,
  place: Place,
  octokit: Octokit,
  limit: RateLimit,
  now: () => number,
): Authorization {
  const { appId, privateKey } = credentials;
  const { owner, repo, subject } = place;
  /** What the library asks for us; it throws what GitHub refused, and what is wrong with the key. */
  const askedOf = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const reply = refusalIn(error);
      throw reply === undefined ? keyUnusable(subject, error) : appRefused(subject, reply, limit);
    }
  };
  const open = async () => {
    // Only where an App is used: it is the larger half of the client.
    const { createAppAuth } = await import('@octokit/auth-app');
    const auth = createAppAuth({ appId, privateKey, request: octokit.request });
    const installationId = credentials.installationId ?? (await findInstallation(auth));
    return async (refresh: boolean) =>
      askedOf(async () => auth({ type: 'installation', installationId, repositoryNames: [repo], refresh }));
  };
  const findInstallation = async (auth: (options: { type: 'app' }) => Promise<{ readonly token: string }>) => {
    const { token } = await askedOf(async () => auth({ type: 'app' }));
    const reply = await replyOf(
      octokit.request('GET /repos/{owner}/{repo}/installation', {
        owner,
        repo,
        headers: { authorization: `bearer ${token}` },
      }),
    );
    if (!isSuccess(reply)) {
      throw appRefused(subject, reply, limit);
    }
    return Number(Object(reply.data)['id']);
  };
  let opening: ReturnType<typeof open> | undefined;
  let isStale = false;
  let latest = { token: '', madeAt: Number.NEGATIVE_INFINITY };
  const granted = async () => {
    opening ??= open();
    try {
      const grant = await (await opening)(isStale);
      isStale = false;
      latest = latest.token === grant.token ? latest : { token: grant.token, madeAt: now() };
      return grant;
    } catch (error) {
      // The App may be installed by the next time.
      opening = undefined;
      throw error;
    }
  };
  return {
    header: async () => `token ${(await granted()).token}`,
    mayWrite: async (permission: Permission) => (await granted()).permissions[permission] === 'write',
    isNew: () => now() - latest.madeAt < NEW_MILLIS,
    renew() {
      isStale = true;
      return true;
    },
  };
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

function appRefused(subject: string, reply: GitHubReply, limit: RateLimit): SluiceError {
  try {
    limit.note(reply);
  } catch (error) {
    if (error instanceof SluiceError) {
      return error;
    }
  }
  if (reply.status !== 404 && reply.status !== 422) {
    return refusalOf(subject, reply, false);
  }
  return new SluiceError({
    code: 'git-not-found',
    subject,
    expected: 'a repository that has this GitHub App installed',
    found: `none (status ${reply.status}): it does not exist, or the App is not installed on it`,
    next: 'Check the url and the credentials of this repository in sluice.yml, and install the App on it.',
  });
}
