import { ok, Refusal } from './answer.ts';
import { endpoint } from './endpoint.ts';
import { headOf } from './git.ts';
import type { MergeRequest } from './merge-request.ts';
import { mergeRequestReply } from './merge-request-reply.ts';
import { requestOf } from './merge-requests.ts';
import type { Project } from './projects.ts';
import { mergeBody, mergeRequestReply as mergeRequestFields } from './published-beside.ts';
import type { User } from './users.ts';

/** https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request */
export const MERGE = [
  endpoint({
    method: 'PUT',
    path: 'projects/:id/merge_requests/:iid/merge',
    scope: 'write',
    body: mergeBody,
    reply: mergeRequestFields,
    async handle(call) {
      const { project, body, user, origin } = call;
      const request = requestOf(call);
      const source = await headOf(project.git, request.sourceBranch);
      const target = await headOf(project.git, request.targetBranch);
      if (request.state !== 'opened' || source === undefined || target === undefined) {
        throw new Refusal(405, { message: '405 Method Not Allowed' });
      }
      if (project.archived || project.protectedBranches.has(request.targetBranch)) {
        throw new Refusal(401, { message: '401 Unauthorized' });
      }
      if (body.sha !== undefined && body.sha !== source) {
        throw new Refusal(409, { message: `SHA does not match HEAD of source branch: ${source}` });
      }
      const waits = body.auto_merge || body.merge_when_pipeline_succeeds;
      if (waits && request.pipelineRuns === true) {
        request.autoMerge = true;
      } else if (waits && request.pipelineRuns === null) {
        // There is nothing that a merge could wait for.
        throw new Refusal(405, { message: '405 Method Not Allowed' });
      } else {
        await merge(project, request, user, target, source);
      }
      return ok(await mergeRequestReply(project, request, origin));
    },
  }),
];

async function merge(project: Project, request: MergeRequest, user: User, target: string, source: string) {
  const { git } = project;
  let tree: string;
  try {
    tree = (await git(['merge-tree', '--write-tree', target, source])).toString('utf8').trim();
  } catch {
    throw new Refusal(422, { message: 'Branch cannot be merged' });
  }
  const identity = ['-c', `user.name=${user.name}`, '-c', `user.email=${user.email}`];
  const message = `Merge branch '${request.sourceBranch}' into '${request.targetBranch}'`;
  const command = [...identity, 'commit-tree', '-m', message, '-p', target, '-p', source, tree];
  const commit = (await git(command)).toString('utf8').trim();
  await git(['update-ref', `refs/heads/${request.targetBranch}`, commit, target]);
  if (request.removeSourceBranch) {
    await git(['update-ref', '-d', `refs/heads/${request.sourceBranch}`, source]);
  }
  request.state = 'merged';
  request.mergeCommit = commit;
  request.updatedAt = new Date().toISOString();
}
