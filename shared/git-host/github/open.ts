import { type Log, silentLog } from '../../log.ts';
import type { CommitStatus, GitHost } from '../port.ts';
import { canWrite } from './access.ts';
import { branchesOf } from './branches.ts';
import { remembered } from './cache.ts';
import { type GitHubApi, openApi } from './client.ts';
import { makeCommit } from './commit.ts';
import type { GitHubCredentials } from './credentials.ts';
import { fileAt, fileHistory } from './file-history.ts';
import { readFiles } from './files.ts';
import { pullRequestsOf } from './pull-requests.ts';
import { placeOf } from './repository-address.ts';

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
export function openGitHub({
  url,
  api: base,
  credentials,
  timeoutMillis,
  now,
  log = silentLog,
}: GitHubOptions): GitHost {
  const api = openApi({ place: placeOf(url, base), credentials, timeoutMillis, now, log });
  const known = remembered(now);
  const branches = branchesOf(api, known);
  return {
    head: branches.head,
    compare: branches.compare,
    history: branches.history,
    fileHistory: (_branch, revision, path) => fileHistory(api, revision, path),
    fileAt: async (revision, path) => fileAt(api, revision, path),
    files: async (revision, paths, passedOver) => readFiles(api, known, revision, paths, passedOver),
    commit: async (request) => makeCommit(api, known, branches, request),
    canWrite: async () => canWrite(api, 'contents'),
    canSetStatus: async () => canWrite(api, 'statuses'),
    setStatus: async (revision, status) => setStatus(api, revision, status),
    pullRequests: pullRequestsOf(api),
  };
}

/** @see https://docs.github.com/en/rest/commits/statuses#create-a-commit-status */
const MAX_DESCRIPTION = 140;

async function setStatus(api: GitHubApi, revision: string, { state, name, description }: CommitStatus): Promise<void> {
  await api.ask(async (request, at) =>
    request('POST /repos/{owner}/{repo}/statuses/{sha}', {
      ...at,
      sha: revision,
      state,
      context: name,
      description: description.length > MAX_DESCRIPTION ? cut(description) : description,
    }),
  );
}

/** Half a character at the end would be none. */
function cut(text: string): string {
  return `${text.slice(0, MAX_DESCRIPTION - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
