import * as z from '../../schema.ts';
import type { Permission } from './api/credentials.ts';
import type { GitHubClient } from './client.ts';

const repositoryReply = z.object({
  archived: z._default(z.boolean(), false),
  permissions: z.optional(z.object({ push: z.boolean() })),
});

/**
 * Whether we may write to the repository. Rules of a branch, and what a fine-grained token leaves out of its owner's
 * rights, show with the first commit only.
 *
 * @see https://docs.github.com/en/rest/repos/repos#get-a-repository
 */
export async function canWrite(client: GitHubClient, permission: Permission): Promise<boolean> {
  const { archived, permissions } = await client.read(repositoryReply, async (request, at) =>
    request('GET /repos/{owner}/{repo}', at),
  );
  return !archived && (await client.mayWrite(permission, permissions?.push !== false));
}
