import type { MergeRequestSchemaWithBasicLabels } from '@gitbeaker/core';
import { headOf } from './git.ts';
import type { MergeRequest } from './merge-request.ts';
import type { Project } from './projects.ts';
import { basicUser } from './users.ts';

/** A merge request as replies tell of it; gitbeaker's type, without what only some tiers have. */
export type MergeRequestReply = Omit<MergeRequestSchemaWithBasicLabels, 'labels'> & { labels: string[] };

export async function mergeRequestReply(
  project: Project,
  request: MergeRequest,
  origin: string,
): Promise<MergeRequestReply> {
  const assignees = request.assignees.map((user) => basicUser(user, origin));
  const short = `!${request.iid}`;
  const isClosed = request.state === 'closed';
  const isMerged = request.state === 'merged';
  const author = basicUser(request.author, origin);
  return {
    id: project.id * 1000 + request.iid,
    iid: request.iid,
    project_id: project.id,
    title: request.title,
    description: request.description,
    state: request.state,
    created_at: request.createdAt,
    updated_at: request.updatedAt,
    merged_by: isMerged ? author : null,
    merged_at: isMerged ? request.updatedAt : null,
    closed_by: isClosed ? author : null,
    closed_at: isClosed ? request.updatedAt : null,
    target_branch: request.targetBranch,
    source_branch: request.sourceBranch,
    user_notes_count: request.notes.length,
    upvotes: 0,
    downvotes: 0,
    author,
    assignees,
    assignee: assignees[0] ?? null,
    reviewers: [],
    source_project_id: project.id,
    target_project_id: project.id,
    labels: [...request.labels],
    draft: false,
    work_in_progress: false,
    milestone: null,
    merge_when_pipeline_succeeds: request.autoMerge,
    merge_status: request.state === 'opened' ? 'can_be_merged' : 'unchecked',
    detailed_merge_status: request.state === 'opened' ? 'mergeable' : 'not_open',
    sha: (await headOf(project.git, request.sourceBranch)) ?? '',
    merge_commit_sha: request.mergeCommit,
    squash_commit_sha: null,
    discussion_locked: null,
    should_remove_source_branch: null,
    force_remove_source_branch: request.removeSourceBranch,
    prepared_at: request.createdAt,
    reference: short,
    references: { short, relative: short, full: `${project.path}${short}` },
    web_url: `${origin}/${project.path}/-/merge_requests/${request.iid}`,
    time_stats: {
      time_estimate: 0,
      total_time_spent: 0,
      human_time_estimate: null,
      human_total_time_spent: null,
    },
    squash: false,
    task_completion_status: { count: 0, completed_count: 0 },
    has_conflicts: false,
    blocking_discussions_resolved: true,
    approvals_before_merge: null,
  };
}
