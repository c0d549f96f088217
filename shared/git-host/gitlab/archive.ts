import { isSluiceError } from '../../errors.ts';
import type { ContentSize } from '../content-size.ts';
import { type Unpacked, unpack } from '../unpack.ts';
import type { GitLabClient } from './client.ts';

/** What git would take for a pattern. */
const PATTERN = /[*?[\]:\\\n]/;

/**
 * What an archive of a revision has of these files, in one request; of a folder where one is given.
 *
 * @param wanted the blob of each path
 * @see https://docs.gitlab.com/api/repositories/#get-file-archive
 */
export async function readArchive(
  client: GitLabClient,
  revision: string,
  wanted: ReadonlyMap<string, string>,
  folder: string,
  size: ContentSize,
): Promise<Unpacked> {
  return archive(client, revision, PATTERN.test(folder) ? '' : folder, async (body) =>
    unpack(body, wanted, { subject: client.address.subject, size }),
  );
}

async function archive(
  client: GitLabClient,
  revision: string,
  folder: string,
  read: (body: AsyncIterable<Uint8Array>) => Promise<Unpacked>,
): Promise<Unpacked> {
  // Pointers of LFS as they are: what an archive puts in their place is no content of Git.
  const options = { sha: revision, includeLfsBlobs: false, ...(folder && { path: folder }) };
  let unpacked: Unpacked = { contents: new Map(), large: new Set() };
  const into = async (body: AsyncIterable<Uint8Array>) => {
    unpacked = await read(body);
  };
  try {
    // Few archives are given in a minute.
    await client.with({ again: folder === '', into }).repositories.showArchive(client.address.path, options);
    return unpacked;
  } catch (error) {
    // GitLab tells of a folder that is not there as of a fault of its own.
    if (folder !== '' && isSluiceError(error, 'git-not-found', 'git-unavailable')) {
      return archive(client, revision, '', read);
    }
    throw error;
  }
}
