import * as z from 'zod';
import { isSluiceError, SluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import { type Comparison, HISTORY_DEPTH, type PastCommit } from '../port.ts';
import { unlessTooLarge } from '../too-large.ts';
import type { GitLabApi } from './client.ts';
import { isRevision } from './revision.ts';

const commit = z.object({ id: z.string().regex(/^[0-9a-f]{40,64}$/) });
const projectReply = z.object({ empty_repo: z.boolean() });
const branchReply = z.object({ commit });
const historyReply = z.array(
  commit.extend({ message: z.string(), committed_date: z.string(), parent_ids: z.array(z.string()) }),
);
const compareReply = z.object({
  commit: commit.nullable(),
  diffs: z.array(z.object({ old_path: z.string(), new_path: z.string() })).nullish(),
  compare_timeout: z.boolean(),
  compare_same_ref: z.boolean(),
});

/** The head of a branch: https://docs.gitlab.com/api/branches/#get-single-repository-branch */
export async function headOf(api: GitLabApi, branch: string): Promise<string> {
  branchRef(branch);
  const reply = await orEmpty(api, async () => api.branches.show(api.project.path, branch));
  return api.read(branchReply, reply).commit.id;
}

/**
 * A branch that is missing because there is no commit at all is told as that.
 *
 * @see https://docs.gitlab.com/api/projects/#get-a-single-project
 */
async function orEmpty<T>(api: GitLabApi, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isSluiceError(error, 'git-not-found') && (await isEmpty(api))) {
      const { subject } = api.project;
      const next = 'Push a first commit.';
      throw new SluiceError({ code: 'git-not-found', subject, found: 'it has no commits yet', next, cause: error });
    }
    throw error;
  }
}

async function isEmpty(api: GitLabApi): Promise<boolean> {
  try {
    const reply = await api.http({ method: 'GET', path: `projects/${encodeURIComponent(api.project.path)}` });
    return projectReply.safeParse(JSON.parse(reply.body.toString('utf8'))).data?.empty_repo === true;
  } catch {
    // What was asked first is what is told.
    return false;
  }
}

/**
 * The head, and the paths that differ there, in one request; a second one where GitLab cannot compare.
 *
 * @see https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits
 */
export async function compare(api: GitLabApi, revision: string, branch: string): Promise<Comparison> {
  // In full: a tag may have the name of the branch.
  const ref = branchRef(branch);
  const reply = isRevision(revision) ? await comparison(api, revision, ref) : undefined;
  if (reply?.compare_same_ref === true) {
    return { head: revision, changed: [] };
  }
  // Nothing is ahead where a branch was set back; what else it differs in belongs to a head that is not named.
  if (reply === undefined || reply.commit === null) {
    return { head: await headOf(api, branch), changed: undefined };
  }
  const diffs = reply.compare_timeout ? undefined : reply.diffs;
  const changed = diffs?.flatMap(({ old_path: from, new_path: to }) => (from === to ? [to] : [from, to]));
  return { head: reply.commit.id, changed };
}

/** Undefined where the host knows no such revision, or tells more of the difference than may be read. */
async function comparison(api: GitLabApi, revision: string, ref: string) {
  try {
    const asked = api.repositories.compare(api.project.path, revision, ref, { straight: true });
    const reply = await unlessTooLarge(asked);
    return reply && api.read(compareReply, reply);
  } catch (error) {
    if (isSluiceError(error, 'git-not-found')) {
      return undefined;
    }
    throw error;
  }
}

/** The latest commits: https://docs.gitlab.com/api/commits/#list-repository-commits */
export async function historyOf(api: GitLabApi, branch: string): Promise<readonly PastCommit[]> {
  const options = { refName: branchRef(branch), perPage: HISTORY_DEPTH, page: 1 };
  const reply = await orEmpty(api, async () => api.commits.all(api.project.path, options));
  const commits = api.read(historyReply, reply);
  return commits.map(({ id, message, committed_date: date, parent_ids: parents }) => ({
    revision: id,
    message,
    committedAt: Date.parse(date),
    parents,
  }));
}
