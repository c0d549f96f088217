import { isSluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import type { Log } from '../../log.ts';
import * as z from '../../schema.ts';
import type { NewPullRequest, PullRequest, PullRequests, PullRequestText } from '../pull-request.ts';
import { mergeWhenReady } from './auto-merge.ts';
import type { GitLabClient } from './client.ts';
import { mergeRequestReply, pageOf, pullRequest } from './pull-request-pages.ts';

const usersReply = z.array(z.object({ id: z.int(), username: z.string() }));

/** Of so many pages of open ones each is looked at. */
const MAX_PAGES = 10;
/** https://docs.gitlab.com/api/merge_requests/#create-mr */
const MAX_TITLE = 255;
const MAX_DESCRIPTION = 1_048_576;

/** Merge requests of one project: https://docs.gitlab.com/api/merge_requests/ */
export class MergeRequests implements PullRequests {
  readonly #client: GitLabClient;
  readonly #log: Log;

  constructor(client: GitLabClient, log: Log) {
    this.#client = client;
    this.#log = log;
  }

  async list(base: string, branchPrefix: string): Promise<readonly PullRequest[]> {
    const isOurs = ({ branch }: PullRequest) => branch.startsWith(branchPrefix);
    const query = { targetBranch: base };
    const latest = await pageOf(this.#client, query, 1);
    const found = latest.ours.filter(isOurs);
    for (let page = 1, isLast = latest.isLast; !isLast && page <= MAX_PAGES; page += 1) {
      const open = await pageOf(this.#client, { ...query, state: 'opened' }, page);
      found.push(...open.ours.filter(isOurs));
      isLast = open.isLast;
    }
    const all = [...new Map(found.toReversed().map((one) => [one.number, one])).values()];
    return all.toSorted((a, b) => b.number - a.number);
  }

  async open(request: NewPullRequest): Promise<PullRequest> {
    branchRef(request.branch);
    branchRef(request.base);
    const assignees = await idsOf(this.#client, request.assignees, this.#log);
    const opened = await openOne(this.#client, request, assignees, async () => {
      const query = { targetBranch: request.base, sourceBranch: request.branch, state: 'opened' } as const;
      return (await pageOf(this.#client, query, 1)).ours[0];
    });
    if (request.autoMerge) {
      await mergeWhenReady(this.#client, opened.number, this.#log);
    }
    return opened;
  }

  async update(number: number, { title, body }: PullRequestText): Promise<void> {
    const { mergeRequests, address } = this.#client;
    await mergeRequests.edit(address.path, number, cut(title, body));
  }

  async close(number: number, comment: string): Promise<void> {
    const { mergeRequests, notes, address } = this.#client;
    await mergeRequests.edit(address.path, number, { stateEvent: 'close' });
    await notes.create(address.path, number, comment);
  }
}

/** Opens one; where GitLab refuses that, the one that is open already is given, where there is one. */
async function openOne(
  client: GitLabClient,
  { branch, base, title, body, labels }: NewPullRequest,
  assigneeIds: number[],
  existing: () => Promise<PullRequest | undefined>,
): Promise<PullRequest> {
  const { title: heading, description } = cut(title, body);
  try {
    const reply = await client.mergeRequests.create(client.address.path, branch, base, heading, {
      description,
      removeSourceBranch: true,
      ...(labels.length > 0 ? { labels: labels.join(',') } : {}),
      ...(assigneeIds.length > 0 ? { assigneeIds } : {}),
    });
    return pullRequest(client.read(mergeRequestReply, reply));
  } catch (error) {
    const found = isSluiceError(error, 'git-refused') ? await existing() : undefined;
    if (found === undefined) {
      throw error;
    }
    return found;
  }
}

async function idsOf(client: GitLabClient, names: readonly string[], log: Log): Promise<number[]> {
  const ids: number[] = [];
  for (const username of names) {
    const users = client.read(usersReply, await client.users.all({ username, perPage: 1, page: 1 }));
    const id = users.find((user) => user.username.toLowerCase() === username.toLowerCase())?.id;
    if (id === undefined) {
      log.warn('assignee is not known to GitLab', { repository: client.address.subject, username });
    } else {
      ids.push(id);
    }
  }
  return ids;
}

function cut(title: string, body: string) {
  return { title: title.slice(0, MAX_TITLE), description: body.slice(0, MAX_DESCRIPTION) };
}
