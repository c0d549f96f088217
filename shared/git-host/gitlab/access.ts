import * as z from 'zod';
import { isSluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import type { GitLabApi } from './client.ts';

const branchReply = z.object({ can_push: z.boolean() });
const access = z.object({ access_level: z.number() }).nullish();
const projectReply = z.object({
  archived: z.boolean().default(false),
  permissions: z.object({ project_access: access, group_access: access }).optional(),
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
export async function canWrite(api: GitLabApi, branch: string, beside = false): Promise<boolean> {
  branchRef(branch);
  const { can_push: mayPush } = api.read(branchReply, await api.branches.show(api.project.path, branch));
  return (mayPush || (beside && (await isDeveloper(api)))) && (await hasScope(api));
}

/** @see https://docs.gitlab.com/api/projects/#get-a-single-project */
async function isDeveloper(api: GitLabApi): Promise<boolean> {
  const reply = await api.http({ method: 'GET', path: `projects/${encodeURIComponent(api.project.path)}` });
  const { archived, permissions } = api.read(projectReply, JSON.parse(reply.body.toString('utf8')));
  const levels = [permissions?.project_access, permissions?.group_access].flatMap((one) => one?.access_level ?? []);
  // Whoever is a member by an invited group has no level here.
  return !archived && (levels.length === 0 || Math.max(...levels) >= DEVELOPER);
}

/** @see https://docs.gitlab.com/api/personal_access_tokens/#using-a-request-header */
async function hasScope({ http }: GitLabApi): Promise<boolean> {
  try {
    const reply = await http({ method: 'GET', path: 'personal_access_tokens/self' });
    const { scopes } = tokenReply.parse(JSON.parse(reply.body.toString('utf8')));
    return scopes.includes('api');
  } catch (error) {
    // A token of a job has no such page; what it may do shows with the first commit.
    if (isSluiceError(error, 'git-unauthorized', 'git-not-found', 'git-refused')) {
      return true;
    }
    throw error;
  }
}
