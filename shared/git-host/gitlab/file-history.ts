import { isSluiceError } from '../../errors.ts';
import * as z from '../../schema.ts';
import { decodeText, MAX_FILE_BYTES } from '../manifest-file.ts';
import { FILE_HISTORY_PAGE, FILE_HISTORY_PAGES, type FileCommit } from '../port.ts';
import { regularFile } from './api/single-file.ts';
import type { GitLabClient } from './client.ts';

const commitsReply = z.array(
  z.object({
    id: z.string(),
    message: z.string(),
    parent_ids: z.array(z.string()),
    committed_date: z.string(),
  }),
);

/** The commits that changed a file: https://docs.gitlab.com/api/commits/#list-repository-commits */
export async function* fileHistory(client: GitLabClient, revision: string, path: string): AsyncGenerator<FileCommit> {
  for (let page = 1; page <= FILE_HISTORY_PAGES; page += 1) {
    const query = { refName: revision, path, perPage: FILE_HISTORY_PAGE, page };
    const commits = client.read(commitsReply, await client.commits.all(client.address.path, query));
    for (const [index, { id, message, parent_ids: parents, committed_date: date }] of commits.entries()) {
      const depth = (page - 1) * FILE_HISTORY_PAGE + index + 1;
      yield { revision: id, message, parents, committedAt: Date.parse(date), depth };
    }
    if (commits.length < FILE_HISTORY_PAGE) {
      return;
    }
  }
}

/** A file's text, as far as the endpoint takes its path. */
export async function fileAt(client: GitLabClient, revision: string, path: string): Promise<string | undefined> {
  try {
    const content = (await regularFile(client, revision, path))?.content;
    return content === undefined || content.length > MAX_FILE_BYTES ? undefined : decodeText(content);
  } catch (error) {
    if (isSluiceError(error, 'git-refused')) {
      return undefined;
    }
    throw error;
  }
}
