import { isSluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import * as z from '../../schema.ts';
import type { GitLabClient } from './client.ts';

const branchReply = z.object({ can_push: z.boolean() });
const access = z.nullish(z.object({ access_level: z.number() }));
const projectReply = z.object({
  archived: z._default(z.boolean(), false),
  permissions: z.optional(z.object({ project_access: access, group_access: access })),
});
const tokenReply = z.object({ scopes: z.array(z.string()) });

/** Who may push to a branch that nothing protects: https://docs.gitlab.com/api/members/#roles */
const DEVELOPER = 30;

/**
 * Whether the holder of the token may push to the branch, or to others beside it, and the token lets us commit for
 * them.
 *
 * @see https://docs.gitlab.com/api/branches/#get-single-repository-branch
 */
export async function canWrite(client: GitLabClient, branch: string, beside = false): Promise<boolean> {
  branchRef(branch);
  const { can_push: mayPush } = client.read(branchReply, await client.branches.show(client.address.path, branch));
  return (mayPush || (beside && (await isDeveloper(client)))) && (await hasScope(client));
}

/** @see https://docs.gitlab.com/api/projects/#get-a-single-project */
async function isDeveloper(client: GitLabClient): Promise<boolean> {
  const { archived, permissions } = client.read(projectReply, await client.projects.show(client.address.path));
  const levels = [permissions?.project_access, permissions?.group_access].flatMap((one) => one?.access_level ?? []);
  // Whoever is a member by an invited group has no level here.
  return !archived && (levels.length === 0 || Math.max(...levels) >= DEVELOPER);
}

/** @see https://docs.gitlab.com/api/personal_access_tokens/#using-a-request-header */
async function hasScope(client: GitLabClient): Promise<boolean> {
  try {
    const { scopes } = client.read(tokenReply, await client.tokens.show());
    return scopes.includes('api');
  } catch (error) {
    // A token of a job has no such page; what it may do shows with the first commit.
    if (isSluiceError(error, 'git-unauthorized', 'git-not-found', 'git-refused')) {
      return true;
    }
    throw error;
  }
}
