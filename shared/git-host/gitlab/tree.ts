import { isSluiceError } from '../../errors.ts';
import * as z from '../../schema.ts';
import type { GitLabClient } from './client.ts';

const treeReply = z.array(z.object({ id: z.string(), path: z.string(), mode: z.string() }));

/** An entry of a tree. */
export interface TreeEntry {
  readonly path: string;
  /** As in Git, `100644`. */
  readonly mode: string;
  /** The blob, or what else it is. */
  readonly id: string;
}

/**
 * The entries of a folder, none where there is no such folder. What `.gitattributes` say of archives does not matter
 * here. In pages of 100, which is all that GitLab gives.
 *
 * @param folder `''` is the root
 * @param recursive what is in its folders too
 * @see https://docs.gitlab.com/api/repositories/#list-repository-tree
 */
export async function entriesOf(
  client: GitLabClient,
  revision: string,
  folder: string,
  recursive: boolean,
): Promise<readonly TreeEntry[]> {
  const options = { ref: revision, perPage: 100, pagination: 'keyset' as const, ...(folder && { path: folder }) };
  try {
    const reply = await client.repositories.allRepositoryTrees(client.address.path, {
      ...options,
      ...(recursive ? { recursive } : {}),
    });
    // A name that is not UTF-8 is left out: it could not be asked for.
    return client.read(treeReply, reply).filter(({ path }) => !path.includes('\uFFFD'));
  } catch (error) {
    if (isSluiceError(error, 'git-not-found')) {
      return [];
    }
    throw error;
  }
}

/** Is it a regular file, and no link, folder or submodule? */
export function isFile({ mode }: TreeEntry): boolean {
  return mode.startsWith('100');
}
