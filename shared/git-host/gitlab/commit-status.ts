import { isSluiceError } from '../../errors.ts';
import type { CommitStatus } from '../port.ts';
import type { GitLabClient } from './client.ts';

const STATES = { pending: 'pending', success: 'success', failure: 'failed' } as const;
const MAX_DESCRIPTION = 255;

/** https://docs.gitlab.com/api/commits/#set-the-pipeline-status-of-a-commit */
export async function setStatus(client: GitLabClient, revision: string, status: CommitStatus): Promise<void> {
  const { state, name } = status;
  const description = status.description.slice(0, MAX_DESCRIPTION);
  try {
    await client.commits.editStatus(client.address.path, revision, STATES[state], { name, description });
  } catch (error) {
    // What is pending already cannot become so: GitLab has a state machine here.
    if (state !== 'pending' || !isSluiceError(error, 'git-refused')) {
      throw error;
    }
  }
}
