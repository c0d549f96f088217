import { SluiceError } from '../../errors.ts';
import { ContentSize } from '../content-size.ts';
import { hasBlobId, MAX_FILE_BYTES } from '../manifest-file.ts';
import { unlessTooLarge } from '../too-large.ts';
import { readArchive } from './archive.ts';
import type { GitLabApi } from './client.ts';
import { inTurn } from './in-turn.ts';

/** As many are asked for one by one; more come as an archive, as far as that has them unchanged. */
export const MAX_SINGLE_FILES = 10;

/**
 * The content of files, by blob, exactly as Git has it: what an archive has otherwise, or not at all, is asked for one by
 * one. Files that are larger than is of use are left out.
 *
 * @param blobs the blob of each path
 * @param folder holds all of them
 * @throws SluiceError `git-too-large` where they are larger together than may be
 */
export async function readContents(
  api: GitLabApi,
  revision: string,
  blobs: ReadonlyMap<string, string>,
  folder: string,
): Promise<ReadonlyMap<string, Buffer>> {
  const size = new ContentSize(api.project.subject);
  const { contents, large } =
    blobs.size > MAX_SINGLE_FILES
      ? await readArchive(api, revision, blobs, folder, size)
      : { contents: new Map<string, Buffer>(), large: new Set<string>() };
  const missing = new Map([...blobs].map(([path, blob]) => [blob, path] as const));
  for (const blob of [...contents.keys(), ...large]) {
    missing.delete(blob);
  }
  const read = await inTurn([...missing], async ([blob, path]) => {
    const content = await readBlob(api, path, blob);
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
async function readBlob(api: GitLabApi, path: string, blob: string): Promise<Buffer | undefined> {
  const project = encodeURIComponent(api.project.path);
  const url = `projects/${project}/repository/blobs/${blob}/raw`;
  const reply = await unlessTooLarge(api.http({ method: 'GET', path: url, maxBytes: MAX_FILE_BYTES }));
  if (reply !== undefined && !hasBlobId(reply.body, blob)) {
    throw new SluiceError({
      code: 'git-unavailable',
      subject: `${api.project.subject} file ${path}`,
      expected: `the content of blob ${blob}`,
      found: 'another',
      retryable: true,
    });
  }
  return reply?.body;
}
