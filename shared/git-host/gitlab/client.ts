import { createRequesterFn, type RequestOptions } from '@gitbeaker/requester-utils';
import {
  Branches,
  Commits,
  MergeRequestNotes,
  MergeRequests,
  Repositories,
  RepositoryFiles,
  Users,
} from '@gitbeaker/rest';
import * as z from 'zod';
import { SluiceError } from '../../errors.ts';
import type { GitLabReply } from './errors.ts';
import type { GitLabProject } from './repository-address.ts';
import type { GitLabHttp } from './transport.ts';

/** The parts of GitLab's API that are used, by gitbeaker, and what else a client needs. */
export interface GitLabApi {
  readonly project: GitLabProject;
  readonly http: GitLabHttp;
  readonly branches: Branches;
  readonly commits: Commits;
  readonly files: RepositoryFiles;
  readonly mergeRequests: MergeRequests;
  readonly notes: MergeRequestNotes;
  readonly repositories: Repositories;
  readonly users: Users;
  /** Reads what is needed of a reply. @throws SluiceError `git-unavailable` for anything else */
  read<T>(schema: z.ZodType<T>, reply: unknown): T;
  /** The same API for one list, whose pages have limits together. */
  list(): GitLabApi;
}

/** A list as a whole; gitbeaker follows its pages for as long as there is a next one. */
const MAX_PAGES = 1000;
const MAX_LIST_BYTES = 48 * 1024 * 1024;
/** A file of 1 MiB, with which manifests end: base64 makes four bytes of three. */
const MAX_FILE_REPLY_BYTES = 2 * 1024 * 1024;
const ABOUT_FILE = /\/repository\/files\//;

/** What GitLab answers where it answers JSON. */
const json = z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))]);

/**
 * gitbeaker on our own way to the network: its own repeats writes on 429 and 502, and knows no `Retry-After`.
 */
export function restApi(project: GitLabProject, http: GitLabHttp): GitLabApi {
  const { subject, host } = project;
  const read = <T>(schema: z.ZodType<T>, reply: unknown): T => {
    const result = schema.safeParse(reply);
    if (!result.success) {
      const issue = result.error.issues[0];
      throw unreadable(subject, `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
    }
    return result.data;
  };
  const requesterFn = createRequesterFn(
    async (_, options) => options,
    async (endpoint, options: RequestOptions = {}) => {
      const { method, prefixUrl = '', searchParams, body } = options;
      // Some of its classes have `projects` in their prefix.
      const prefix = prefixUrl.slice(`${host}/api/v4/`.length);
      const path = `${prefix === '' ? '' : `${prefix}/`}${endpoint}${searchParams ? `?${searchParams}` : ''}`;
      const reply = await http({
        method: method === 'POST' || method === 'PUT' ? method : 'GET',
        path,
        body: typeof body === 'string' ? body : undefined,
        ...(ABOUT_FILE.test(endpoint) ? { maxBytes: MAX_FILE_REPLY_BYTES } : {}),
      });
      const headers = { link: reply.headers.get('link') ?? '' };
      return { status: reply.status, headers, body: read(json, parse(subject, reply)) };
    },
  );
  const options = { host, requesterFn, queryTimeout: null, rateLimits: {} };
  return {
    project,
    http,
    branches: new Branches(options),
    commits: new Commits(options),
    files: new RepositoryFiles(options),
    mergeRequests: new MergeRequests(options),
    notes: new MergeRequestNotes(options),
    repositories: new Repositories(options),
    users: new Users(options),
    read,
    list: () => restApi(project, limitedHttp(subject, http)),
  };
}

/** Takes no more replies, and no more of them together, than a list may have. */
function limitedHttp(subject: string, http: GitLabHttp): GitLabHttp {
  let pages = 0;
  let bytes = 0;
  return async (request) => {
    pages += 1;
    const reply = pages > MAX_PAGES ? undefined : await http(request);
    bytes += reply?.body.length ?? 0;
    if (reply === undefined || bytes > MAX_LIST_BYTES) {
      const expected = `a list of at most ${MAX_PAGES} pages and ${MAX_LIST_BYTES} bytes`;
      throw new SluiceError({ code: 'git-too-large', subject, expected, found: 'a longer one', next: NAME_FOLDERS });
    }
    return reply;
  };
}

const NAME_FOLDERS = 'Name the folders of its manifests in sluice.yml.';

function parse(subject: string, { headers, body }: GitLabReply): unknown {
  const type = headers.get('content-type') ?? 'nothing';
  if (!/^application\/json\b/.test(type)) {
    throw new SluiceError({
      code: 'git-not-found',
      subject,
      expected: "an answer of GitLab's API",
      found: type,
      next: 'Check the url and the api of this repository in sluice.yml.',
    });
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw unreadable(subject, 'what is no JSON', true);
  }
}

function unreadable(subject: string, found: string, retryable = false): SluiceError {
  return new SluiceError({
    code: 'git-unavailable',
    subject,
    expected: "an answer as GitLab's API documentation has it",
    found,
    retryable,
  });
}
