import { setTimeout as pause } from 'node:timers/promises';
import type { Octokit } from '@octokit/core';
import * as z from '../../../schema.ts';
import { type Asked, explain } from '../errors.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { RepositoryAddress } from '../repository-address.ts';
import type { Authorization } from './credentials.ts';
import { type GitHubResponse, isSuccess, responseIn, responseOf } from './response.ts';

/** A rule for all requests of an Octokit. Those that are added later are around those before. */
type Plugin = (octokit: Octokit) => void;

/** Statuses that a request takes besides those of success, in its option `request.accepted`. */
export type Accepted = readonly number[] | 'any';

/** @see https://docs.github.com/en/rest/about-the-rest-api/api-versions */
const VERSION = '2022-11-28';

/** Asks for the version of the API that this client is written for. */
export const apiVersion: Plugin = ({ hook }) =>
  hook.before('request', (options) => {
    options.headers['x-github-api-version'] = VERSION;
  });

/** Shows the credentials with each request. */
export function authorizing(authorization: Authorization): Plugin {
  return ({ hook }) =>
    hook.before('request', async (options) => {
      const header = await authorization.header();
      if (header !== undefined) {
        options.headers.authorization = header;
      }
    });
}

/** Gives every response, whatever its status; Octokit itself throws what is no success. */
export const anyStatus: Plugin = ({ hook }) =>
  hook.wrap('request', async (request, options) => {
    try {
      return await request(options);
    } catch (error) {
      const response = responseIn(error);
      if (response === undefined) {
        throw error;
      }
      return { ...response, url: options.url };
    }
  });

/** Sends nothing while GitHub wants to be left alone. */
export function rateLimited(limit: RateLimit): Plugin {
  return ({ hook }) =>
    hook.wrap('request', async (request, options) => {
      limit.check();
      const response = await request(options);
      limit.note(responseOf(response));
      return response;
    });
}

/**
 * A token reaches GitHub's replicas seconds after it was made. Until then they say one of these, as to a stranger.
 *
 * @see https://github.com/octokit/auth-app.js#authentication-hook, which repeats a 401 for five seconds
 */
const UNKNOWN: ReadonlySet<number> = new Set([401, 403, 404]);
const NEW_TOKEN_PAUSES_MILLIS = [250, 750, 2000, 4000];

/** Sends again what a token was too new for, or too old: what was not let in has done nothing. */
export function renewing(authorization: Authorization): Plugin {
  return ({ hook }) =>
    hook.wrap('request', async (request, options) => {
      let response = await request(options);
      if (acceptedBy(options.request) === 'any') {
        return response;
      }
      for (const millis of NEW_TOKEN_PAUSES_MILLIS) {
        if (!UNKNOWN.has(response.status) || !authorization.isNew()) {
          break;
        }
        await pause(millis);
        response = await request(options);
      }
      return response.status === 401 && authorization.renew() ? request(options) : response;
    });
}

/** Throws what a request does not accept as the error that it is. */
export function refusing(asked: Asked, { owner, repo }: RepositoryAddress): Plugin {
  return ({ hook, request: send }) =>
    hook.wrap('request', async (request, options) => {
      const response = await request(options);
      const accepted = acceptedBy(options.request);
      if (isSuccess(response) || accepted === 'any' || accepted.includes(response.status)) {
        return response;
      }
      throw await explain(responseOf(response), asked, async () => lookAt(send, { owner, repo }));
    });
}

/** The repository as GitHub tells of it, or why it does not. */
export async function lookAt(
  send: Octokit['request'],
  { owner, repo }: Pick<RepositoryAddress, 'owner' | 'repo'>,
): Promise<GitHubResponse> {
  const accepted: Accepted = 'any';
  return responseOf(await send('GET /repos/{owner}/{repo}', { owner, repo, request: { accepted } }));
}

const optionsSchema = z.object({ accepted: z._default(z.union([z.array(z.number()), z.literal('any')]), []) });

function acceptedBy(options: object): Accepted {
  return optionsSchema.parse(options).accepted;
}
