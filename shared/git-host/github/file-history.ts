import * as z from '../../schema.ts';
import { decodeText, MAX_FILE_BYTES } from '../manifest-file.ts';
import { FILE_HISTORY_PAGE, FILE_HISTORY_PAGES, type FileCommit } from '../port.ts';
import type { GitHubClient } from './client.ts';

const commitsSchema = z.array(
  z.object({
    sha: z.string(),
    parents: z.array(z.object({ sha: z.string() })),
    commit: z.object({ message: z.string(), committer: z.object({ date: z.string() }) }),
  }),
);

/** The commits that changed a file: https://docs.github.com/en/rest/commits/commits#list-commits */
export async function* fileHistory(client: GitHubClient, revision: string, path: string): AsyncGenerator<FileCommit> {
  for (let page = 1; page <= FILE_HISTORY_PAGES; page += 1) {
    const query = { sha: revision, path, per_page: FILE_HISTORY_PAGE, page };
    const commits = await client.read(commitsSchema, async (request, at) =>
      request('GET /repos/{owner}/{repo}/commits', { ...at, ...query }),
    );
    for (const [index, { sha, parents, commit }] of commits.entries()) {
      yield {
        revision: sha,
        message: commit.message,
        parents: parents.map((parent) => parent.sha),
        committedAt: Date.parse(commit.committer.date),
        depth: (page - 1) * FILE_HISTORY_PAGE + index + 1,
      };
    }
    if (commits.length < FILE_HISTORY_PAGE) {
      return;
    }
  }
}

/** Of more than 1 MB the content is left out; of folders there is a list. */
const fileSchema = z.object({ type: z.string(), encoding: z.string(), content: z.string() });

/** A file's text: https://docs.github.com/en/rest/repos/contents#get-repository-content */
export async function fileAt(client: GitHubClient, revision: string, path: string): Promise<string | undefined> {
  const reply = await client.ask(
    async (request, at) => request('GET /repos/{owner}/{repo}/contents/{path}', { ...at, path, ref: revision }),
    404,
  );
  // A folder, a link or a submodule is told of in another form.
  const { data } = fileSchema.safeParse(reply.data);
  if (data?.type !== 'file' || data.encoding !== 'base64') {
    return undefined;
  }
  const content = Buffer.from(data.content, 'base64');
  return content.length > MAX_FILE_BYTES ? undefined : decodeText(content);
}
