import type { BranchSchema } from '@gitbeaker/core';
import { badRequest, created, notFound, ok } from './answer.ts';
import { commitReply } from './commit-reply.ts';
import { endpoint } from './endpoint.ts';
import { commitOf, headOf } from './git.ts';
import type { Project } from './projects.ts';
import { branchReply, newBranchQuery } from './published.ts';

/** https://docs.gitlab.com/api/branches/ */
export const BRANCHES = [
  endpoint({
    method: 'GET',
    path: 'projects/:id/repository/branches/:branch',
    scope: 'read',
    reply: branchReply,
    handle: async ({ project, at: { branch = '' }, origin }) => ok(await branchOf(project, branch, origin)),
  }),
  endpoint({
    method: 'POST',
    path: 'projects/:id/repository/branches',
    scope: 'write',
    query: newBranchQuery,
    reply: branchReply,
    async handle({ project, query: { branch, ref }, origin }) {
      const revision = await commitOf(project.git, ref);
      if (revision === undefined) {
        throw badRequest(`Invalid reference name: ${ref}`);
      }
      if ((await headOf(project.git, branch)) !== undefined) {
        throw badRequest('Branch already exists');
      }
      await project.git(['update-ref', `refs/heads/${branch}`, revision, '0'.repeat(40)]);
      return created(await branchOf(project, branch, origin));
    },
  }),
];

async function branchOf(project: Project, name: string, origin: string): Promise<BranchSchema> {
  const head = await headOf(project.git, name);
  if (head === undefined) {
    throw notFound('Branch');
  }
  const isProtected = project.protectedBranches.has(name);
  return {
    name,
    commit: await commitReply(project, origin, head),
    merged: false,
    protected: isProtected,
    developers_can_push: !isProtected,
    developers_can_merge: !isProtected,
    can_push: !isProtected,
    default: name === 'main',
    web_url: `${origin}/${project.path}/-/tree/${name}`,
  };
}
