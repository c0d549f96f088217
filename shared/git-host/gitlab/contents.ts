import { SluiceError } from '../../errors.ts';
import { hasBlobId, MAX_FILE_BYTES } from '../manifest-file.ts';
import { archivedFiles } from './archive.ts';
import { inTurn } from './in-turn.ts';
import type { GitLabApi } from './rest.ts';

/** As many are asked for one by one; more come as an archive, as far as that has them unchanged. */
export const MAX_SINGLE_FILES = 10;

/**
 * The content of files, by path, exactly as Git has it: `.gitattributes` leave files out of archives (`export-ignore`),
 * fill them in (`export-subst`) and change the ends of their lines (`eol`), so that each is known by its blob, and those
 * that are not are asked for by it. Files that are larger than is of use are left out.
 *
 * @param blobs the blob of each path
 * @param folder holds all of them
 */
export async function readContents(
  api: GitLabApi,
  revision: string,
  blobs: ReadonlyMap<string, string>,
  folder: string,
): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  const tooLarge = new Set<string>();
  if (blobs.size > MAX_SINGLE_FILES) {
    for (const { path, content } of await archivedFiles(api, revision, folder)) {
      const blob = blobs.get(path);
      const original = blob === undefined || content === undefined ? undefined : originalOf(content, blob);
      if (original !== undefined) {
        contents.set(path, original);
      } else if (content === undefined) {
        tooLarge.add(path);
      }
    }
  }
  const missing = [...blobs].filter(([path]) => !contents.has(path) && !tooLarge.has(path));
  const read = await inTurn(missing, async ([path, blob]) => readBlob(api, path, blob));
  for (const [path, content] of read) {
    contents.set(path, content);
  }
  return new Map([...contents].filter(([, content]) => content.length <= MAX_FILE_BYTES));
}

/** What Git has, of what an archive has; undefined where that cannot be told. */
function originalOf(content: Buffer, blob: string): Buffer | undefined {
  if (hasBlobId(content, blob)) {
    return content;
  }
  // As `eol=crlf` writes it.
  const withoutReturns = Buffer.from(content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return hasBlobId(withoutReturns, blob) ? withoutReturns : undefined;
}

/**
 * A blob of a tree that was just read.
 *
 * @see https://docs.gitlab.com/api/repositories/#raw-blob-content
 * @throws SluiceError `git-unavailable` where it does not come as it is
 */
async function readBlob(api: GitLabApi, path: string, blob: string): Promise<readonly [string, Buffer]> {
  const project = encodeURIComponent(api.project.path);
  const { body } = await api.http({ method: 'GET', path: `projects/${project}/repository/blobs/${blob}/raw` });
  if (!hasBlobId(body, blob)) {
    throw new SluiceError({
      code: 'git-unavailable',
      subject: `${api.project.subject} file ${path}`,
      expected: `the content of blob ${blob}`,
      found: 'another',
      retryable: true,
    });
  }
  return [path, body];
}
