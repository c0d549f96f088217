import { setTimeout as pause } from 'node:timers/promises';
import { isSluiceError, messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { GitLabClient } from './client.ts';

/** A merge request has no pipeline yet in its first moments, and GitLab refuses to wait for none. */
const PAUSES_MILLIS = [500, 1500, 0];

/**
 * Asks for a merge when the pipeline succeeds. A refusal changed nothing, so it may be asked again; in the end it is
 * only told.
 *
 * @see https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request
 */
export async function mergeWhenReady(client: GitLabClient, number: number, log: Log): Promise<void> {
  // `merge_when_pipeline_succeeds` is the name before GitLab 17.11.
  const options = { autoMerge: true, mergeWhenPipelineSucceeds: true, shouldRemoveSourceBranch: true };
  for (const [attempt, millis] of PAUSES_MILLIS.entries()) {
    try {
      await client.mergeRequests.merge(client.address.path, number, options);
      return;
    } catch (error) {
      if (!isSluiceError(error, 'git-refused', 'git-unauthorized')) {
        throw error;
      }
      if (attempt === PAUSES_MILLIS.length - 1) {
        const repository = client.address.subject;
        log.warn('GitLab does not merge by itself', { repository, mergeRequest: number, reason: messageOf(error) });
      }
    }
    await pause(millis);
  }
}
