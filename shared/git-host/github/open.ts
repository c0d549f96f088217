import { type Log, silentLog } from '../../log.ts';
import type { GitHost } from '../port.ts';
import { canWrite } from './access.ts';
import type { GitHubCredentials } from './api/credentials.ts';
import { Branches } from './branches.ts';
import { RepositoryCache } from './cache.ts';
import { GitHubClient } from './client.ts';
import { makeCommit } from './commit.ts';
import { setStatus } from './commit-status.ts';
import { fileAt, fileHistory } from './file-history.ts';
import { readFiles } from './files.ts';
import { GitHubPullRequests } from './pull-requests.ts';
import { addressOf } from './repository-address.ts';

export interface GitHubOptions {
  /** The repository's clone URL, as sluice.yml has it. */
  readonly url: string;
  /** The base of the API; left out, the one that belongs to the URL. */
  readonly api?: string | undefined;
  readonly credentials: GitHubCredentials;
  /** For one question, with what is repeated of it. */
  readonly timeoutMillis: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log?: Log;
}

/**
 * A repository at GitHub, or at a GitHub Enterprise Server.
 *
 * @throws SluiceError `config-invalid` for a URL that names no repository
 */
export function openGitHub({ url, api, log = silentLog, ...options }: GitHubOptions): GitHost {
  const client = new GitHubClient({ ...options, address: addressOf(url, api), log });
  const cache = new RepositoryCache(options.now);
  const branches = new Branches(client, cache);
  return {
    head: async (branch) => branches.head(branch),
    compare: async (revision, branch) => branches.compare(revision, branch),
    history: async (branch) => branches.history(branch),
    fileHistory: (_branch, revision, path) => fileHistory(client, revision, path),
    fileAt: async (revision, path) => fileAt(client, revision, path),
    files: async (revision, paths, passedOver) => readFiles(client, cache, revision, paths, passedOver),
    commit: async (request) => makeCommit(client, cache, branches, request),
    canWrite: async () => canWrite(client, 'contents'),
    canSetStatus: async () => canWrite(client, 'statuses'),
    setStatus: async (revision, status) => setStatus(client, revision, status),
    pullRequests: new GitHubPullRequests(client),
  };
}
