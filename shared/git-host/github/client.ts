import { setTimeout as pause } from 'node:timers/promises';
import { Octokit } from '@octokit/core';
import type { z } from 'zod';
import { SluiceError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type Authorization, authorizationOf, type GitHubCredentials } from './credentials.ts';
import { explain } from './diagnosis.ts';
import { rateLimit } from './rate-limit.ts';
import { type GitHubReply, isSuccess, replyOf } from './reply.ts';
import type { Place } from './repository-address.ts';
import { transport } from './transport.ts';

/** Sends one request by Octokit; `at` names the repository. */
export type Send = (
  request: Octokit['request'],
  at: { readonly owner: string; readonly repo: string },
) => Promise<{ readonly status: number; readonly headers: object; readonly data: unknown }>;

/** GitHub's API as it is spoken to about one repository. */
export interface GitHubApi {
  readonly place: Place;
  /** Not before this time is up, and with what is repeated. */
  readonly timeoutMillis: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  /**
   * Asks, and gives the reply where it is a success or has one of these statuses.
   *
   * @throws SluiceError with a `git-…` code for every other
   */
  ask(send: Send, ...accepted: readonly number[]): Promise<GitHubReply>;
  /** Asks, and reads what the reply is to be; what GitHub adds is left out. */
  read<T>(schema: z.ZodType<T>, send: Send): Promise<T>;
  /** Makes sense of a reply that was accepted. */
  parse<T>(schema: z.ZodType<T>, reply: GitHubReply): T;
  /** The error for a reply that was accepted and is none of what was hoped for. */
  refusal(reply: GitHubReply): Promise<SluiceError>;
  readonly mayWrite: Authorization['mayWrite'];
}

export interface ApiOptions {
  readonly place: Place;
  readonly credentials: GitHubCredentials;
  readonly timeoutMillis: number;
  readonly now: () => number;
  readonly log: Log;
}

/** @see https://docs.github.com/en/rest/about-the-rest-api/api-versions */
const VERSION = '2022-11-28';

/**
 * A token reaches GitHub's replicas seconds after it was made. Until then they say one of these, as to a stranger.
 *
 * @see https://github.com/octokit/auth-app.js#authentication-hook, which repeats a 401 for five seconds
 */
const UNKNOWN: ReadonlySet<number> = new Set([401, 403, 404]);
const NEW_TOKEN_PAUSES_MILLIS = [250, 750, 2000, 4000];

/** A client that asks one thing at a time, and repeats nothing that may have written. */
export function openApi({ place, credentials, timeoutMillis, now, log }: ApiOptions): GitHubApi {
  const { subject, api, owner, repo } = place;
  const limit = rateLimit(subject, now);
  const moved = once((to: URL) => {
    log.warn('the repository or branch moved; put its new name into sluice.yml', { repository: subject, to: to.href });
  });
  const open = () => {
    const octokit = new Octokit({
      baseUrl: api,
      userAgent: 'sluice',
      log: { debug: () => {}, info: () => {}, warn: (text) => log.warn(text), error: (text) => log.error(text) },
      request: { fetch: transport({ subject, api, timeoutMillis, moved }) },
    });
    octokit.hook.before('request', (options) => {
      options.headers['x-github-api-version'] = VERSION;
    });
    return octokit;
  };
  const octokit = open();
  const authorization = authorizationOf(credentials, place, open(), limit, now);
  octokit.hook.before('request', async (options) => {
    const header = await authorization.header();
    if (header !== undefined) {
      options.headers.authorization = header;
    }
  });

  const sent = async (send: Send) => {
    limit.check();
    const reply = await replyOf(send(octokit.request, { owner, repo }));
    limit.note(reply);
    return reply;
  };
  const refusal = async (reply: GitHubReply) =>
    explain(reply, { subject, api, isAnonymous: credentials.kind === 'none' }, async () =>
      sent(async (request, at) => request('GET /repos/{owner}/{repo}', at)),
    );
  const parse = <T>(schema: z.ZodType<T>, reply: GitHubReply) => parseReply(schema, reply, place);
  const ask = async (send: Send, ...accepted: readonly number[]) => {
    let reply = await sent(send);
    // What was not let in has done nothing.
    for (const millis of NEW_TOKEN_PAUSES_MILLIS) {
      if (!UNKNOWN.has(reply.status) || !authorization.isNew()) {
        break;
      }
      await pause(millis);
      reply = await sent(send);
    }
    if (reply.status === 401 && authorization.renew()) {
      reply = await sent(send);
    }
    if (isSuccess(reply) || accepted.includes(reply.status)) {
      return reply;
    }
    throw await refusal(reply);
  };
  return {
    place,
    timeoutMillis,
    now,
    log,
    ask,
    read: async (schema, send) => parse(schema, await ask(send)),
    parse,
    refusal,
    mayWrite: async (permission, push) => authorization.mayWrite(permission, push),
  };
}

function parseReply<T>(schema: z.ZodType<T>, { status, data }: GitHubReply, { subject, api }: Place): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) {
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  const found = typeof data === 'object' ? `${issue?.path.join('.')}: ${issue?.message}` : 'what is none of its JSON';
  throw new SluiceError({
    code: 'git-not-found',
    subject,
    expected: `GitHub's API at ${api}`,
    found: `${found} (status ${status})`,
    next: 'Check the url of this repository in sluice.yml.',
  });
}

function once<T>(tell: (value: T) => void): (value: T) => void {
  let isTold = false;
  return (value) => {
    if (!isTold) {
      isTold = true;
      tell(value);
    }
  };
}
