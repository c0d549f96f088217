import { badRequest, created, forbidden, notFound, ok } from './answer.ts';
import { commitReplies, commitReply, statsOf } from './commit-reply.ts';
import { type Call, endpoint } from './endpoint.ts';
import { commitOf } from './git.ts';
import { page } from './pagination.ts';
import {
  commitDetailReply,
  commitReply as commitFields,
  commitQuery,
  commitsQuery,
  newCommitBody,
} from './published.ts';
import { writeCommit } from './write-commit.ts';

/** https://docs.gitlab.com/api/commits/ */
export const COMMITS = [
  endpoint({
    method: 'GET',
    path: 'projects/:id/repository/commits',
    scope: 'read',
    query: commitsQuery,
    reply: commitFields.array(),
    async handle({ project, query, origin, url }) {
      const commit = await commitOf(project.git, query.ref_name ?? 'main');
      if (commit === undefined) {
        throw notFound('Ref');
      }
      const range = query.path === undefined ? [commit] : [commit, '--', query.path];
      const { headers, ...answer } = page(await commitReplies(project, origin, range, query.trailers), query, url);
      // The list is too long to be counted.
      const { 'x-total': _total, 'x-total-pages': _pages, ...rest } = headers ?? {};
      return { ...answer, headers: rest };
    },
  }),
  endpoint({
    method: 'GET',
    path: 'projects/:id/repository/commits/:sha',
    scope: 'read',
    query: commitQuery,
    reply: commitDetailReply,
    async handle(call) {
      const commit = await commitOf(call.project.git, call.at['sha'] ?? '');
      if (commit === undefined) {
        throw notFound('Commit');
      }
      return ok(await detailOf(call, commit));
    },
  }),
  endpoint({
    method: 'POST',
    path: 'projects/:id/repository/commits',
    scope: 'write',
    body: newCommitBody,
    reply: commitDetailReply,
    async handle(call) {
      const { project, body, user } = call;
      if (project.archived || project.protectedBranches.has(body.branch)) {
        throw forbidden('You are not allowed to push into this branch');
      }
      if (body.start_sha !== undefined && body.start_branch !== undefined) {
        throw badRequest("You can't pass both start_branch and start_sha");
      }
      return created(await detailOf(call, await writeCommit(project, body, user)));
    },
  }),
];

async function detailOf({ project, origin }: Call, commit: string) {
  return {
    ...(await commitReply(project, origin, commit)),
    stats: await statsOf(project.git, commit),
    status: null,
    project_id: project.id,
    last_pipeline: null,
  };
}
