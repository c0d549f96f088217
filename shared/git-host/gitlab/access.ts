import * as z from 'zod';
import { isSluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import type { GitLabApi } from './rest.ts';

const branchReply = z.object({ can_push: z.boolean() });
const tokenReply = z.object({ scopes: z.array(z.string()) });

/**
 * Whether the holder of the token may push to the branch, and the token lets us commit for them.
 *
 * @see https://docs.gitlab.com/api/branches/#get-single-repository-branch
 */
export async function canWrite(api: GitLabApi, branch: string): Promise<boolean> {
  branchRef(branch);
  const reply = await api.branches.show(api.project.path, branch);
  return api.read(branchReply, reply).can_push && (await hasScope(api));
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
