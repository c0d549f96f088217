import type { CommitStatus } from '../port.ts';
import type { GitHubClient } from './client.ts';

const MAX_DESCRIPTION = 140;

/** https://docs.github.com/en/rest/commits/statuses#create-a-commit-status */
export async function setStatus(client: GitHubClient, revision: string, status: CommitStatus): Promise<void> {
  const { state, name, description } = status;
  await client.ask(async (request, at) =>
    request('POST /repos/{owner}/{repo}/statuses/{sha}', {
      ...at,
      sha: revision,
      state,
      context: name,
      description: description.length > MAX_DESCRIPTION ? cut(description) : description,
    }),
  );
}

/** Half a character at the end would be none. */
function cut(text: string): string {
  return `${text.slice(0, MAX_DESCRIPTION - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
