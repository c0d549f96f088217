import * as z from 'zod';
import { isSluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import type { Log } from '../../log.ts';
import type { NewPullRequest, PullRequest, PullRequests } from '../pull-request.ts';
import { mergeWhenReady } from './auto-merge.ts';
import type { GitLabApi } from './rest.ts';

const mergeRequestReply = z.object({
  iid: z.int(),
  web_url: z.string(),
  state: z.enum(['opened', 'closed', 'merged', 'locked']),
  source_branch: z.string(),
  source_project_id: z.int().nullable(),
  target_project_id: z.int(),
  title: z.string(),
  description: z.string().nullish(),
  closed_at: z.string().nullish(),
  merged_at: z.string().nullish(),
});
const usersReply = z.array(z.object({ id: z.int(), username: z.string() }));

const STATES = { opened: 'open', locked: 'open', closed: 'closed', merged: 'merged' } as const;
const PAGE = 100;
/** https://docs.gitlab.com/api/merge_requests/#create-mr */
const MAX_TITLE = 255;
const MAX_DESCRIPTION = 1_048_576;

/** https://docs.gitlab.com/api/merge_requests/ */
export function mergeRequests(api: GitLabApi, log: Log): PullRequests {
  const { mergeRequests: requests, notes, project } = api;
  const projectId = project.path;
  const newestFirst = { projectId, orderBy: 'created_at', sort: 'desc', perPage: PAGE } as const;

  const find = async (query: { targetBranch: string; sourceBranch?: string; state?: 'opened'; page?: number }) => {
    const replies = api.read(z.array(mergeRequestReply), await requests.all({ ...newestFirst, ...query }));
    // A fork may have a branch of the same name.
    return replies.filter((one) => one.source_project_id === one.target_project_id).map(pullRequest);
  };

  return {
    async list(base, branchPrefix) {
      const reply = await requests.all({ ...newestFirst, targetBranch: base, page: 1 });
      const latest = api
        .read(z.array(mergeRequestReply), reply)
        .filter((one) => one.source_project_id === one.target_project_id)
        .map(pullRequest);
      const older = reply.length < PAGE ? [] : await find({ targetBranch: base, state: 'opened' });
      const all = [...new Map([...older, ...latest].map((one) => [one.number, one])).values()];
      return all.filter(({ branch }) => branch.startsWith(branchPrefix)).toSorted((a, b) => b.number - a.number);
    },

    async open(request) {
      branchRef(request.branch);
      branchRef(request.base);
      const opened = await openOne(api, request, await idsOf(api, request.assignees, log), async () => {
        const query = { targetBranch: request.base, sourceBranch: request.branch, state: 'opened', page: 1 } as const;
        return (await find(query))[0];
      });
      if (request.autoMerge) {
        await mergeWhenReady(api, opened.number, log);
      }
      return opened;
    },

    async update(number, { title, body }) {
      await requests.edit(projectId, number, cut(title, body));
    },

    async close(number, comment) {
      await requests.edit(projectId, number, { stateEvent: 'close' });
      await notes.create(projectId, number, comment);
    },
  };
}

/** Opens one; where GitLab refuses that, the one that is open already is given, where there is one. */
async function openOne(
  api: GitLabApi,
  { branch, base, title, body, labels }: NewPullRequest,
  assigneeIds: number[],
  existing: () => Promise<PullRequest | undefined>,
): Promise<PullRequest> {
  const { title: heading, description } = cut(title, body);
  try {
    const reply = await api.mergeRequests.create(api.project.path, branch, base, heading, {
      description,
      removeSourceBranch: true,
      ...(labels.length > 0 ? { labels: labels.join(',') } : {}),
      ...(assigneeIds.length > 0 ? { assigneeIds } : {}),
    });
    return pullRequest(api.read(mergeRequestReply, reply));
  } catch (error) {
    const found = isSluiceError(error, 'git-refused') ? await existing() : undefined;
    if (found === undefined) {
      throw error;
    }
    return found;
  }
}

async function idsOf(api: GitLabApi, names: readonly string[], log: Log): Promise<number[]> {
  const ids: number[] = [];
  for (const username of names) {
    const users = api.read(usersReply, await api.users.all({ username, perPage: 1, page: 1 }));
    const id = users.find((user) => user.username.toLowerCase() === username.toLowerCase())?.id;
    if (id === undefined) {
      log.warn('assignee is not known to GitLab', { repository: api.project.subject, username });
    } else {
      ids.push(id);
    }
  }
  return ids;
}

function cut(title: string, body: string) {
  return { title: title.slice(0, MAX_TITLE), description: body.slice(0, MAX_DESCRIPTION) };
}

function pullRequest(reply: z.infer<typeof mergeRequestReply>): PullRequest {
  const { iid, web_url: url, state, source_branch: branch, title, description } = reply;
  const ended = reply.merged_at ?? reply.closed_at;
  const isOpen = STATES[state] === 'open' || !ended;
  const endedAt = isOpen ? undefined : Date.parse(ended);
  return { number: iid, url, state: STATES[state], endedAt, branch, title, body: description ?? '' };
}
