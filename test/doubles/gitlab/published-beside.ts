import * as z from 'zod';

/**
 * What GitLab's API documentation lists of merge requests, statuses, users and tokens, cut to what the double serves.
 *
 * @see https://docs.gitlab.com/api/merge_requests/, /api/commits/#commit-status, /api/users/, /api/notes/
 */
const text = z.string();
const time = z.iso.datetime({ offset: true });
const count = z.coerce.number().int().min(1);
const pages = { page: count.default(1), per_page: count.max(100).default(20) };

const user = z.strictObject({
  id: z.int(),
  username: text,
  public_email: text.nullable(),
  name: text,
  state: text,
  locked: z.boolean(),
  avatar_url: text.nullable(),
  web_url: z.url(),
});

export const usersQuery = z.strictObject({ username: text.optional(), search: text.optional(), ...pages });
export const usersReply = z.array(user);
export const currentUserReply = user.extend({ email: z.email(), bot: z.boolean() });

export const tokenReply = z.strictObject({
  id: z.int(),
  name: text,
  description: text.nullable(),
  revoked: z.boolean(),
  created_at: time,
  scopes: z.array(text),
  user_id: z.int(),
  last_used_at: time.nullable(),
  active: z.boolean(),
  expires_at: text.nullable(),
});

const memberAccess = z.strictObject({ access_level: z.int(), notification_level: z.int() }).nullable();

export const projectReply = z.strictObject({
  id: z.int(),
  name: text,
  path: text,
  path_with_namespace: text,
  default_branch: text.nullable(),
  archived: z.boolean(),
  empty_repo: z.boolean(),
  http_url_to_repo: z.url(),
  web_url: z.url(),
  permissions: z.strictObject({ project_access: memberAccess, group_access: memberAccess }),
});

export const statusBody = z.strictObject({
  state: z.enum(['pending', 'running', 'success', 'failed', 'canceled', 'skipped']),
  ref: text.optional(),
  name: text.optional(),
  context: text.optional(),
  target_url: z.url().max(255).optional(),
  description: text.max(255).optional(),
  coverage: z.number().optional(),
  pipeline_id: z.int().optional(),
});

export const statusReply = z.strictObject({
  id: z.int(),
  sha: text,
  ref: text,
  status: text,
  name: text,
  target_url: text.nullable(),
  description: text.nullable(),
  created_at: time,
  started_at: time.nullable(),
  finished_at: time.nullable(),
  allow_failure: z.boolean(),
  coverage: z.number().nullable(),
  pipeline_id: z.int(),
  author: user,
});

export const mergeRequestsQuery = z.strictObject({
  state: z.enum(['opened', 'closed', 'locked', 'merged', 'all']).default('all'),
  scope: z.enum(['created_by_me', 'assigned_to_me', 'reviews_for_me', 'all']).default('all'),
  source_branch: text.optional(),
  target_branch: text.optional(),
  labels: text.optional(),
  order_by: z.enum(['created_at', 'updated_at', 'merged_at', 'title']).default('created_at'),
  sort: z.enum(['asc', 'desc']).default('desc'),
  ...pages,
});

const labels = z
  .union([text, z.array(text)])
  .transform((value) => (typeof value === 'string' ? value.split(',') : value));

export const newMergeRequestBody = z.strictObject({
  source_branch: text.min(1),
  target_branch: text.min(1),
  title: text.min(1).max(255),
  description: text.max(1_048_576).default(''),
  labels: labels.default([]),
  assignee_ids: z.array(z.int()).default([]),
  remove_source_branch: z.boolean().default(false),
  squash: z.boolean().optional(),
});

export const mergeRequestEditBody = z.strictObject({
  title: text.min(1).max(255).optional(),
  description: text.max(1_048_576).optional(),
  state_event: z.enum(['close', 'reopen']).optional(),
  labels: labels.optional(),
  assignee_ids: z.array(z.int()).optional(),
  remove_source_branch: z.boolean().optional(),
});

export const mergeBody = z.strictObject({
  auto_merge: z.boolean().default(false),
  merge_when_pipeline_succeeds: z.boolean().default(false),
  should_remove_source_branch: z.boolean().optional(),
  sha: text.optional(),
  squash: z.boolean().optional(),
  merge_commit_message: text.optional(),
});

export const mergeRequestReply = z.strictObject({
  id: z.int(),
  iid: z.int(),
  project_id: z.int(),
  title: text,
  description: text,
  state: z.enum(['opened', 'closed', 'merged', 'locked']),
  created_at: time,
  updated_at: time,
  merged_by: user.nullable(),
  merged_at: time.nullable(),
  closed_by: user.nullable(),
  closed_at: time.nullable(),
  target_branch: text,
  source_branch: text,
  user_notes_count: z.int(),
  upvotes: z.int(),
  downvotes: z.int(),
  author: user,
  assignees: z.array(user),
  assignee: user.nullable(),
  reviewers: z.array(user),
  source_project_id: z.int(),
  target_project_id: z.int(),
  labels: z.array(text),
  draft: z.boolean(),
  work_in_progress: z.boolean(),
  milestone: z.null(),
  merge_when_pipeline_succeeds: z.boolean(),
  merge_status: text,
  detailed_merge_status: text,
  sha: text,
  merge_commit_sha: text.nullable(),
  squash_commit_sha: text.nullable(),
  discussion_locked: z.boolean().nullable(),
  should_remove_source_branch: z.boolean().nullable(),
  force_remove_source_branch: z.boolean(),
  prepared_at: time.nullable(),
  reference: text,
  references: z.strictObject({ short: text, relative: text, full: text }),
  web_url: z.url(),
  time_stats: z.strictObject({
    time_estimate: z.int(),
    total_time_spent: z.int(),
    human_time_estimate: text.nullable(),
    human_total_time_spent: text.nullable(),
  }),
  squash: z.boolean(),
  task_completion_status: z.strictObject({ count: z.int(), completed_count: z.int() }),
  has_conflicts: z.boolean(),
  blocking_discussions_resolved: z.boolean(),
  approvals_before_merge: z.int().nullable(),
});

export const noteBody = z.strictObject({ body: text.min(1).max(1_000_000), created_at: time.optional() });

export const noteReply = z.strictObject({
  id: z.int(),
  body: text,
  attachment: text.nullable(),
  author: user,
  created_at: time,
  updated_at: time,
  system: z.boolean(),
  noteable_id: z.int(),
  noteable_type: z.literal('MergeRequest'),
  noteable_iid: z.int(),
  project_id: z.int(),
  resolvable: z.boolean(),
});
