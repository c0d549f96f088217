import * as z from '../../schema.ts';
import type { PullRequest } from '../pull-request.ts';
import { unlessTooLarge } from '../too-large.ts';
import type { GitLabClient } from './client.ts';

/** What is read of a merge request. */
export const mergeRequestReply = z.object({
  iid: z.int(),
  web_url: z.string(),
  state: z.enum(['opened', 'closed', 'merged', 'locked']),
  source_branch: z.string(),
  source_project_id: z.nullable(z.int()),
  target_project_id: z.int(),
  title: z.string(),
  description: z.nullish(z.string()),
  closed_at: z.nullish(z.string()),
  merged_at: z.nullish(z.string()),
});
type MergeRequestReply = z.infer<typeof mergeRequestReply>;

const STATES = { opened: 'open', locked: 'open', closed: 'closed', merged: 'merged' } as const;
const PAGE = 100;
/** So many of the longest descriptions fit in a reply, in JSON with six bytes for a character. */
const SMALL_PAGE = 2;

/** Which merge requests. */
export interface Query {
  readonly targetBranch: string;
  readonly sourceBranch?: string;
  readonly state?: 'opened';
}

/** A page of merge requests from branches of the project itself, the newest first. */
export async function pageOf(client: GitLabClient, query: Query, page: number) {
  const listed = (await unlessTooLarge(listOf(client, query, PAGE, page))) ?? (await bySmallPages(client, query, page));
  // A fork may have a branch of the same name.
  const ours = listed.filter((one) => one.source_project_id === one.target_project_id).map(pullRequest);
  return { ours, isLast: listed.length < PAGE };
}

/** The same page, where descriptions that anybody may write make it longer than a reply may be. */
async function bySmallPages(client: GitLabClient, query: Query, page: number): Promise<readonly MergeRequestReply[]> {
  const found: MergeRequestReply[] = [];
  const before = ((page - 1) * PAGE) / SMALL_PAGE;
  for (let small = 1; small <= PAGE / SMALL_PAGE; small += 1) {
    const listed = await listOf(client, query, SMALL_PAGE, before + small);
    found.push(...listed.map((one) => (one.source_project_id === one.target_project_id ? one : nameless(one))));
    if (listed.length < SMALL_PAGE) {
      break;
    }
  }
  return found;
}

/** One of a fork counts, and is not read. */
function nameless(one: MergeRequestReply): MergeRequestReply {
  return { ...one, title: '', description: '' };
}

async function listOf(client: GitLabClient, query: Query, perPage: number, page: number) {
  const order = { orderBy: 'created_at', sort: 'desc' } as const;
  const reply = await client.mergeRequests.all({ projectId: client.address.path, ...order, perPage, page, ...query });
  return client.read(z.array(mergeRequestReply), reply);
}

/** A merge request as every host's are told of. */
export function pullRequest(reply: MergeRequestReply): PullRequest {
  const { iid, web_url: url, state, source_branch: branch, title, description } = reply;
  const ended = reply.merged_at ?? reply.closed_at;
  const isOpen = STATES[state] === 'open' || !ended;
  const endedAt = isOpen ? undefined : Date.parse(ended);
  return { number: iid, url, state: STATES[state], endedAt, branch, title, body: description ?? '' };
}
