import type { MergeRequestNoteSchema } from '@gitbeaker/core';
import { created, forbidden, notFound, ok, Refusal } from './answer.ts';
import { type Call, endpoint } from './endpoint.ts';
import { headOf } from './git.ts';
import type { MergeRequest } from './merge-request.ts';
import { mergeRequestReply } from './merge-request-reply.ts';
import { page } from './pagination.ts';
import type { Project } from './projects.ts';
import {
  mergeRequestEditBody,
  mergeRequestReply as mergeRequestFields,
  mergeRequestsQuery,
  newMergeRequestBody,
  noteBody,
  noteReply,
} from './published-beside.ts';
import { basicUser, USERS } from './users.ts';

const ALL = 'projects/:id/merge_requests';
const ONE = `${ALL}/:iid`;

/** https://docs.gitlab.com/api/merge_requests/ and /api/notes/#merge-requests */
export const MERGE_REQUESTS = [
  endpoint({
    method: 'GET',
    path: ALL,
    scope: 'read',
    query: mergeRequestsQuery,
    reply: mergeRequestFields.array(),
    async handle({ project, query, user, origin, url }) {
      const wanted = query.labels?.split(',') ?? [];
      const found = project.mergeRequests
        .filter((one) => query.state === 'all' || one.state === query.state)
        .filter((one) => query.source_branch === undefined || one.sourceBranch === query.source_branch)
        .filter((one) => query.target_branch === undefined || one.targetBranch === query.target_branch)
        .filter((one) => query.scope === 'all' || one.author.id === user.id)
        .filter((one) => wanted.every((label) => one.labels.includes(label)));
      const key = query.order_by === 'updated_at' ? 'updatedAt' : 'createdAt';
      const sorted = found.toSorted((a, b) => b[key].localeCompare(a[key]) || b.iid - a.iid);
      const { body, ...answer } = page(query.sort === 'desc' ? sorted : sorted.toReversed(), query, url);
      return { ...answer, body: await Promise.all(body.map(async (one) => mergeRequestReply(project, one, origin))) };
    },
  }),
  endpoint({
    method: 'POST',
    path: ALL,
    scope: 'write',
    body: newMergeRequestBody,
    reply: mergeRequestFields,
    async handle({ project, body, user, origin }) {
      refuseArchived(project);
      await refuseImpossible(project, body.source_branch, body.target_branch);
      const at = new Date().toISOString();
      const request: MergeRequest = {
        iid: project.mergeRequests.length + 1,
        author: user,
        createdAt: at,
        sourceBranch: body.source_branch,
        targetBranch: body.target_branch,
        notes: [],
        title: body.title,
        description: body.description,
        state: 'opened',
        updatedAt: at,
        labels: body.labels,
        assignees: usersOf(body.assignee_ids),
        removeSourceBranch: body.remove_source_branch,
        autoMerge: false,
        pipelineRuns: null,
        mergeCommit: null,
      };
      project.mergeRequests.push(request);
      return created(await mergeRequestReply(project, request, origin));
    },
  }),
  endpoint({
    method: 'GET',
    path: ONE,
    scope: 'read',
    reply: mergeRequestFields,
    handle: async (call) => ok(await mergeRequestReply(call.project, requestOf(call), call.origin)),
  }),
  endpoint({
    method: 'PUT',
    path: ONE,
    scope: 'write',
    body: mergeRequestEditBody,
    reply: mergeRequestFields,
    async handle(call) {
      const { project, body, origin } = call;
      refuseArchived(project);
      const request = requestOf(call);
      request.title = body.title ?? request.title;
      request.description = body.description ?? request.description;
      request.labels = body.labels ?? request.labels;
      request.assignees = body.assignee_ids === undefined ? request.assignees : usersOf(body.assignee_ids);
      request.removeSourceBranch = body.remove_source_branch ?? request.removeSourceBranch;
      if (request.state !== 'merged' && body.state_event !== undefined) {
        request.state = body.state_event === 'close' ? 'closed' : 'opened';
      }
      request.updatedAt = new Date().toISOString();
      return ok(await mergeRequestReply(project, request, origin));
    },
  }),
  endpoint({
    method: 'POST',
    path: `${ONE}/notes`,
    scope: 'write',
    body: noteBody,
    reply: noteReply,
    async handle(call) {
      const { project, body, user, origin } = call;
      refuseArchived(project);
      const request = requestOf(call);
      const at = new Date().toISOString();
      const note: MergeRequestNoteSchema = {
        id: request.notes.push(body.body),
        body: body.body,
        attachment: null,
        author: basicUser(user, origin),
        created_at: at,
        updated_at: at,
        system: false,
        noteable_id: project.id * 1000 + request.iid,
        noteable_type: 'MergeRequest',
        noteable_iid: request.iid,
        project_id: project.id,
        resolvable: false,
      };
      return created(note);
    },
  }),
];

/** The merge request that a path names. */
export function requestOf({ project, at }: Pick<Call, 'project' | 'at'>): MergeRequest {
  const request = project.mergeRequests.find(({ iid }) => String(iid) === at['iid']);
  if (request === undefined) {
    throw notFound('Not found');
  }
  return request;
}

function refuseArchived({ archived }: Project): void {
  if (archived) {
    throw forbidden();
  }
}

async function refuseImpossible(project: Project, source: string, target: string): Promise<void> {
  const other = project.mergeRequests.find(
    (one) => one.state === 'opened' && one.sourceBranch === source && one.targetBranch === target,
  );
  if (other !== undefined) {
    throw new Refusal(409, {
      message: [`Another open merge request already exists for this source branch: !${other.iid}`],
    });
  }
  if (source === target) {
    throw new Refusal(422, { message: ["You can't use same project/branch for source and target"] });
  }
  if ((await headOf(project.git, source)) === undefined) {
    throw new Refusal(400, { message: { source_branch: ['does not exist'] } });
  }
}

/** Who is not known is passed over, as GitLab does. */
function usersOf(ids: readonly number[]) {
  return USERS.filter(({ id }) => ids.includes(id));
}
