import {
  Branches,
  Commits,
  MergeRequestNotes,
  MergeRequests,
  PersonalAccessTokens,
  Projects,
  Repositories,
  RepositoryFiles,
  Users,
} from '@gitbeaker/core';
import { createRequesterFn, type RequestOptions } from '@gitbeaker/requester-utils';
import { SluiceError } from '../../errors.ts';
import type { HttpHeaders } from '../../http/client.ts';
import * as z from '../../schema.ts';
import { ListTransport } from './api/list-transport.ts';
import type { GitLabResponse } from './api/response.ts';
import type { GitLabRequest, GitLabTransport } from './api/transport.ts';
import type { RepositoryAddress } from './repository-address.ts';

// The classes come from @gitbeaker/core, which @gitbeaker/rest gives out again with a requester of its own:
// `var API = presetResourceArguments(Resources, { requesterFn })` there keeps all 190 of them, 18 KB of a function's zip.

/** How the requests of a client are sent, and their answers read. */
export interface RequestRules extends Pick<GitLabRequest, 'again' | 'into' | 'maxBytes'> {
  /** Answers are bytes, and no JSON. */
  readonly isRaw?: boolean;
}

/** A file of 1 MiB, with which manifests end: base64 makes four bytes of three. */
const MAX_FILE_REPLY_BYTES = 2 * 1024 * 1024;
const ABOUT_FILE = /\/repository\/files\//;

/** What GitLab answers where it answers JSON. */
const json = z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))]);

/**
 * One project by GitLab's API. gitbeaker asks on our own way to the network: its own repeats writes on 429 and 502, and
 * knows no `Retry-After`.
 */
export class GitLabClient {
  readonly address: RepositoryAddress;
  readonly branches: Branches;
  readonly commits: Commits;
  readonly files: RepositoryFiles;
  readonly mergeRequests: MergeRequests;
  readonly notes: MergeRequestNotes;
  readonly projects: Projects;
  readonly repositories: Repositories;
  readonly tokens: PersonalAccessTokens;
  readonly users: Users;
  readonly #transport: GitLabTransport;

  constructor(address: RepositoryAddress, transport: GitLabTransport, rules: RequestRules = {}) {
    const { host } = address;
    this.address = address;
    this.#transport = transport;
    const ask = async (endpoint: string, options: RequestOptions = {}) => this.#ask(endpoint, options, rules);
    const requesterFn = createRequesterFn(async (_, options) => options, ask);
    const options = { host, requesterFn, queryTimeout: null, rateLimits: {} };
    this.branches = new Branches(options);
    this.commits = new Commits(options);
    this.files = new RepositoryFiles(options);
    this.mergeRequests = new MergeRequests(options);
    this.notes = new MergeRequestNotes(options);
    this.projects = new Projects(options);
    this.repositories = new Repositories(options);
    this.tokens = new PersonalAccessTokens(options);
    this.users = new Users(options);
  }

  /** The same project, asked by other rules. */
  with(rules: RequestRules): GitLabClient {
    return new GitLabClient(this.address, this.#transport, rules);
  }

  /** The same project, for one list, whose pages have limits together. */
  list(): GitLabClient {
    return new GitLabClient(this.address, new ListTransport(this.address.subject, this.#transport));
  }

  /**
   * The headers of an answer, without its body. Past gitbeaker: `const methods = ["get", "post", "put", "patch",
   * "delete"]` in its createRequesterFn has no HEAD, and a GET would bring up to 1.4 MB for two headers.
   *
   * @param path below `/api/v4/`, encoded
   */
  async headers(path: string): Promise<HttpHeaders> {
    return (await this.#transport.send({ method: 'HEAD', path })).headers;
  }

  /** Reads what is needed of a reply. @throws SluiceError `git-unavailable` for anything else */
  read<T>(schema: z.ZodMiniType<T>, reply: unknown): T {
    const result = schema.safeParse(reply);
    if (!result.success) {
      const issue = result.error.issues[0];
      throw unreadable(this.address.subject, `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
    }
    return result.data;
  }

  async #ask(endpoint: string, options: RequestOptions, { isRaw = false, ...rules }: RequestRules) {
    const { method, prefixUrl = '', searchParams, body } = options;
    // Some of its classes have `projects` in their prefix.
    const prefix = prefixUrl.slice(`${this.address.host}/api/v4/`.length);
    const path = `${prefix === '' ? '' : `${prefix}/`}${endpoint}${searchParams ? `?${searchParams}` : ''}`;
    const reply = await this.#transport.send({
      method: method === 'POST' || method === 'PUT' ? method : 'GET',
      path,
      body: typeof body === 'string' ? body : undefined,
      ...(ABOUT_FILE.test(endpoint) ? { maxBytes: MAX_FILE_REPLY_BYTES } : {}),
      ...rules,
    });
    const headers = { link: reply.headers.get('link') ?? '' };
    const isBytes = isRaw || rules.into !== undefined;
    const read = isBytes ? new Blob([new Uint8Array(reply.body)]) : this.read(json, this.#parse(reply));
    return { status: reply.status, headers, body: read };
  }

  #parse({ headers, body }: GitLabResponse): unknown {
    const { subject } = this.address;
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
