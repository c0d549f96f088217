import { SluiceError } from '../../errors.ts';
import { ContentSize } from '../content-size.ts';
import { inBatches } from '../in-batches.ts';
import { hasBlobId, MAX_FILE_BYTES } from '../manifest-file.ts';
import { unlessTooLarge } from '../too-large.ts';
import { readArchive } from './archive.ts';
import type { GitLabClient } from './client.ts';

/** As many are asked for one by one; more come as an archive, as far as that has them unchanged. */
export const MAX_SINGLE_FILES = 10;
export const AT_ONCE = 6;

/**
 * The content of files, by blob, exactly as Git has it: what an archive has otherwise, or not at all, is asked for one by
 * one. Files that are larger than is of use are left out.
 *
 * @param blobs the blob of each path
 * @param folder holds all of them
 * @throws SluiceError `git-too-large` where they are larger together than may be
 */
export async function readContents(
  client: GitLabClient,
  revision: string,
  blobs: ReadonlyMap<string, string>,
  folder: string,
): Promise<ReadonlyMap<string, Buffer>> {
  const size = new ContentSize(client.address.subject);
  const { contents, large } =
    blobs.size > MAX_SINGLE_FILES
      ? await readArchive(client, revision, blobs, folder, size)
      : { contents: new Map<string, Buffer>(), large: new Set<string>() };
  const missing = new Map([...blobs].map(([path, blob]) => [blob, path] as const));
  for (const blob of [...contents.keys(), ...large]) {
    missing.delete(blob);
  }
  const read = await inBatches([...missing], AT_ONCE, async ([blob, path]) => {
    const content = await readBlob(client, path, blob);
    size.add(content?.length ?? 0);
    return content === undefined ? [] : [[blob, content] as const];
  });
  return new Map([...contents, ...read.flat()].filter(([, content]) => content.length <= MAX_FILE_BYTES));
}

/**
 * A blob of a tree that was just read; undefined for one that is larger than is of use.
 *
 * @see https://docs.gitlab.com/api/repositories/#raw-blob-content
 * @throws SluiceError `git-unavailable` where it does not come as it is
 */
async function readBlob(client: GitLabClient, path: string, blob: string): Promise<Buffer | undefined> {
  const { repositories } = client.with({ isRaw: true, maxBytes: MAX_FILE_BYTES });
  const reply = await unlessTooLarge(repositories.showBlobRaw(client.address.path, blob));
  const content = reply && Buffer.from(await reply.arrayBuffer());
  if (content !== undefined && !hasBlobId(content, blob)) {
    throw new SluiceError({
      code: 'git-unavailable',
      subject: `${client.address.subject} file ${path}`,
      expected: `the content of blob ${blob}`,
      found: 'another',
      retryable: true,
    });
  }
  return content;
}
