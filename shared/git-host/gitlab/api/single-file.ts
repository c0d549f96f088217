import { isSluiceError } from '../../../errors.ts';
import * as z from '../../../schema.ts';
import { blobId } from '../../manifest-file.ts';
import { type PassedOver, passedOverByMode, TOO_LARGE } from '../../passed-over.ts';
import { unlessTooLarge } from '../../too-large.ts';
import type { GitLabClient } from '../client.ts';
import { entriesOf, isFile } from '../tree.ts';

/** A file as it stands at a revision. */
export interface FoundFile {
  readonly content: Buffer;
  readonly blob: string;
  /** The commit that changed it last; the commits API takes it for what was seen. */
  readonly lastCommit: string;
}

const fileReply = z.object({
  content: z.base64(),
  encoding: z.literal('base64'),
  blob_id: z.string(),
  last_commit_id: z.string(),
});

/**
 * One regular file; undefined for what is none, not there, or larger than is of use.
 *
 * @param passedOver is told of what is there and is none, or too large
 * @see https://docs.gitlab.com/api/repository_files/#get-file-from-repository
 * @throws SluiceError `git-refused` for a path that the endpoint does not take
 */
export async function regularFile(
  client: GitLabClient,
  revision: string,
  path: string,
  passedOver: PassedOver = () => {},
): Promise<FoundFile | undefined> {
  let reply: unknown;
  try {
    reply = await unlessTooLarge(client.files.show(client.address.path, path, revision));
  } catch (error) {
    if (isSluiceError(error, 'git-not-found')) {
      return undefined;
    }
    throw error;
  }
  if (reply === undefined) {
    passedOver(path, TOO_LARGE);
    return undefined;
  }
  const { content: encoded, blob_id: blob, last_commit_id: lastCommit } = client.read(fileReply, reply);
  const content = Buffer.from(encoded, 'base64');
  if (blob.length === 40 && blob !== blobId(content)) {
    // A submodule comes as an empty file with a commit for its blob.
    tellOf(path, SUBMODULE, passedOver);
    return undefined;
  }
  if (maybeLink(content) && !(await isRegular(client, revision, path))) {
    tellOf(path, LINK, passedOver);
    return undefined;
  }
  return { content, blob, lastCommit };
}

/** Modes of Git. */
const SUBMODULE = '160000';
const LINK = '120000';

function tellOf(path: string, mode: string, passedOver: PassedOver): void {
  const reason = passedOverByMode(path, mode);
  if (reason !== undefined) {
    passedOver(path, reason);
  }
}

/** PATH_MAX of Linux, less the end. */
const MAX_TARGET_BYTES = 4095;

/**
 * A symbolic link comes as a file whose text is its target: one line without an end. A manifest has several, or is
 * JSON; the target of a link that looks like one is nothing that anybody makes.
 */
function maybeLink(content: Buffer): boolean {
  const isShort = content.length > 0 && content.length <= MAX_TARGET_BYTES;
  return isShort && !content.includes('\n') && !content.subarray(0, 1).equals(Buffer.from('{'));
}

/** Does the tree have a regular file there? */
export async function isRegular(client: GitLabClient, revision: string, path: string): Promise<boolean> {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const entries = await entriesOf(client, revision, folder, false);
  return entries.some((entry) => entry.path === path && isFile(entry));
}

/**
 * The commit that changed a file last, and its blob, without its content; undefined where GitLab does not tell.
 *
 * @see https://docs.gitlab.com/api/repository_files/#get-file-metadata-only
 */
export async function metadataOf(client: GitLabClient, revision: string, path: string) {
  const project = encodeURIComponent(client.address.path);
  const url = `projects/${project}/repository/files/${encodeURIComponent(path)}?ref=${revision}`;
  try {
    const headers = await client.headers(url);
    const [blob, lastCommit] = [headers.get('x-gitlab-blob-id'), headers.get('x-gitlab-last-commit-id')];
    return blob === undefined || lastCommit === undefined ? undefined : { blob, lastCommit };
  } catch (error) {
    if (isSluiceError(error, 'git-refused', 'git-not-found')) {
      return undefined;
    }
    throw error;
  }
}
