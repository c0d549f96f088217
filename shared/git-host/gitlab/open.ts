import { type Log, silentLog } from '../../log.ts';
import type { GitHost } from '../port.ts';
import { canWrite } from './access.ts';
import { HttpTransport } from './api/transport.ts';
import { Branches } from './branches.ts';
import { RepositoryCache } from './cache.ts';
import { GitLabClient } from './client.ts';
import { makeCommit } from './commit.ts';
import { setStatus } from './commit-status.ts';
import { fileAt, fileHistory } from './file-history.ts';
import { readFiles } from './files.ts';
import { MergeRequests } from './pull-requests.ts';
import { addressOf } from './repository-address.ts';

export interface GitLabOptions {
  /** As clones have it: `https://gitlab.com/acme/team/shop.git`. */
  readonly url: string;
  /** The base of the API; `/api/v4` of the URL's host where it is left out. */
  readonly api?: string | undefined;
  /** A personal, group or project token; a public project can be read without. */
  readonly token?: string | undefined;
  /** For one request. */
  readonly timeoutMillis: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log?: Log | undefined;
}

/**
 * A project of GitLab, by its API: https://docs.gitlab.com/api/rest/
 *
 * @throws SluiceError `config-invalid`
 */
export function openGitLab({ url, api, token, timeoutMillis, now, log = silentLog }: GitLabOptions): GitHost {
  const address = addressOf(url, api);
  const client = new GitLabClient(address, new HttpTransport({ ...address, token, timeoutMillis, now }));
  const cache = new RepositoryCache(now);
  const branches = new Branches(client, cache);
  return {
    head: async (branch) => branches.head(branch),
    compare: async (revision, branch) => branches.compare(revision, branch),
    history: async (branch) => branches.history(branch),
    fileHistory: (_branch, revision, path) => fileHistory(client, revision, path),
    fileAt: async (revision, path) => fileAt(client, revision, path),
    files: async (revision, paths, passedOver) => readFiles(client, cache, revision, paths, passedOver),
    commit: async (request) => makeCommit(client, cache, branches, request),
    canWrite: async (branch, beside) => canWrite(client, branch, beside),
    canSetStatus: async (branch) => canWrite(client, branch, true),
    setStatus: async (revision, status) => setStatus(client, revision, status),
    pullRequests: new MergeRequests(client, log),
  };
}
