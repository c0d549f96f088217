import { type Log, silentLog } from '../../log.ts';
import type { GitHost } from '../port.ts';
import { canWrite } from './access.ts';
import { compare, headOf, historyOf } from './branches.ts';
import { restApi } from './client.ts';
import { commit } from './commit.ts';
import { setStatus } from './commit-status.ts';
import { fileAt, fileHistory } from './file-history.ts';
import { type KnownFile, readFiles } from './files.ts';
import { mergeRequests } from './pull-requests.ts';
import { projectOf } from './repository-address.ts';
import { gitLabHttp } from './transport.ts';

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

const MAX_GIVEN = 100;
/** A branch that was seen so lately is not looked at again before a commit. */
const FRESH_MILLIS = 1000;

/**
 * A project of GitLab, by its API: https://docs.gitlab.com/api/rest/
 *
 * @throws SluiceError `config-invalid`
 */
export function openGitLab({ url, api: base, token, timeoutMillis, now, log = silentLog }: GitLabOptions): GitHost {
  const project = projectOf(url, base);
  const api = restApi(project, gitLabHttp({ ...project, token, timeoutMillis, now }));
  /** What was read last is, as a rule, what is edited next. */
  let latest: { revision: string; known: ReadonlyMap<string, KnownFile> } = { revision: '', known: new Map() };
  /** Revisions that the host gave of late. */
  const given = new Set<string>();
  const give = (revision: string): string => {
    if (given.size >= MAX_GIVEN) {
      given.clear();
    }
    given.add(revision);
    return revision;
  };
  /** The branch as its history last told. */
  let seen = { branch: '', head: '', at: 0 };
  return {
    head: async (branch) => give(await headOf(api, branch)),
    async compare(revision, branch) {
      const comparison = await compare(api, revision, branch);
      give(comparison.head);
      return comparison;
    },
    async history(branch) {
      const commits = await historyOf(api, branch);
      seen = { branch, head: commits[0]?.revision ?? '', at: now() };
      return commits;
    },
    fileHistory: (_branch, revision, path) => fileHistory(api, revision, path),
    fileAt: async (revision, path) => fileAt(api, revision, path),
    async files(revision, paths, passedOver) {
      const { files, known } = await readFiles(api, revision, paths, given.has(revision), passedOver);
      const before = latest.revision === revision ? latest.known : [];
      latest = { revision, known: new Map([...before, ...known]) };
      return files;
    },
    async commit(request) {
      const { branch, expectedHead } = request;
      const known = latest.revision === expectedHead ? latest.known : new Map<string, KnownFile>();
      const isFresh = seen.branch === branch && seen.head === expectedHead && now() - seen.at < FRESH_MILLIS;
      return give(await commit(api, request, known, isFresh));
    },
    canWrite: async (branch, beside) => canWrite(api, branch, beside),
    canSetStatus: async (branch) => canWrite(api, branch, true),
    setStatus: async (revision, status) => setStatus(api, revision, status),
    pullRequests: mergeRequests(api, log),
  };
}
