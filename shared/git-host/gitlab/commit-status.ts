import { isSluiceError } from '../../errors.ts';
import type { CommitStatus } from '../port.ts';
import type { GitLabApi } from './client.ts';

const STATES = { pending: 'pending', success: 'success', failure: 'failed' } as const;
const MAX_DESCRIPTION = 255;

/** https://docs.gitlab.com/api/commits/#set-the-pipeline-status-of-a-commit */
export async function setStatus(api: GitLabApi, revision: string, status: CommitStatus): Promise<void> {
  const { state, name } = status;
  const description = status.description.slice(0, MAX_DESCRIPTION);
  try {
    await api.commits.editStatus(api.project.path, revision, STATES[state], { name, description });
  } catch (error) {
    // What is pending already cannot become so: GitLab has a state machine here.
    if (state !== 'pending' || !isSluiceError(error, 'git-refused')) {
      throw error;
    }
  }
}
