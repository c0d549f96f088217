import * as z from 'zod';

/**
 * What GitLab's API documentation lists of requests and replies, cut to what the double serves. Strict: a field that
 * is not listed is a breach.
 *
 * @see https://docs.gitlab.com/api/commits/ and /api/repositories/, /api/repository_files/, /api/branches/
 */
const text = z.string();
const sha = z.string().regex(/^[0-9a-f]{40}$/);
const time = z.iso.datetime({ offset: true });
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const count = z.coerce.number().int().min(1);

/** Offset pagination: https://docs.gitlab.com/api/rest/#offset-based-pagination */
const pages = { page: count.default(1), per_page: count.max(100).default(20) };

export const commitReply = z.strictObject({
  id: sha,
  short_id: text,
  created_at: time,
  parent_ids: z.array(sha),
  title: text,
  message: text,
  author_name: text,
  author_email: text,
  authored_date: time,
  committer_name: text,
  committer_email: text,
  committed_date: time,
  trailers: z.record(text, text),
  extended_trailers: z.record(text, z.array(text)),
  web_url: z.url(),
});

export const commitDetailReply = commitReply.extend({
  stats: z.strictObject({ additions: z.int(), deletions: z.int(), total: z.int() }),
  status: text.nullable(),
  project_id: z.int(),
  last_pipeline: z.null(),
});

export const branchReply = z.strictObject({
  name: text,
  commit: commitReply,
  merged: z.boolean(),
  protected: z.boolean(),
  developers_can_push: z.boolean(),
  developers_can_merge: z.boolean(),
  can_push: z.boolean(),
  default: z.boolean(),
  web_url: z.url(),
});

export const newBranchQuery = z.strictObject({ branch: text, ref: text });

export const compareQuery = z.strictObject({
  from: text,
  to: text,
  from_project_id: count.optional(),
  straight: flag.default(false),
  unidiff: flag.optional(),
});

export const compareReply = z.strictObject({
  commit: commitReply.nullable(),
  commits: z.array(commitReply),
  diffs: z.array(
    z.strictObject({
      diff: text,
      collapsed: z.boolean(),
      too_large: z.boolean(),
      new_path: text,
      old_path: text,
      a_mode: text,
      b_mode: text,
      new_file: z.boolean(),
      renamed_file: z.boolean(),
      deleted_file: z.boolean(),
      generated_file: z.boolean().nullable(),
    }),
  ),
  compare_timeout: z.boolean(),
  compare_same_ref: z.boolean(),
  web_url: z.url(),
});

export const archiveQuery = z.strictObject({
  sha: text.optional(),
  path: text.optional(),
  include_lfs_blobs: flag.default(true),
  exclude_paths: text.optional(),
});

export const treeQuery = z.strictObject({
  path: text.default(''),
  ref: text.optional(),
  recursive: flag.default(false),
  pagination: z.enum(['keyset', 'none', 'legacy']).optional(),
  page_token: text.optional(),
  ...pages,
});

export const treeReply = z.array(
  z.strictObject({ id: sha, name: text, type: z.enum(['tree', 'blob', 'commit']), path: text, mode: text }),
);

export const fileQuery = z.strictObject({ ref: text, lfs: flag.optional() });

export const fileReply = z.strictObject({
  file_name: text,
  file_path: text,
  size: z.int(),
  encoding: z.literal('base64'),
  content: z.base64(),
  content_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  ref: text,
  blob_id: sha,
  commit_id: sha,
  last_commit_id: sha,
  execute_filemode: z.boolean(),
});

export const commitsQuery = z.strictObject({
  ref_name: text.optional(),
  since: time.optional(),
  until: time.optional(),
  path: text.optional(),
  author: text.optional(),
  all: flag.optional(),
  with_stats: flag.optional(),
  first_parent: flag.optional(),
  follow: flag.optional(),
  order: z.enum(['default', 'topo']).optional(),
  trailers: flag.default(false),
  ...pages,
});

export const commitQuery = z.strictObject({ stats: flag.default(true) });

export const newCommitBody = z.strictObject({
  branch: text.min(1),
  commit_message: text.min(1),
  start_branch: text.optional(),
  start_sha: text.optional(),
  start_project: text.optional(),
  actions: z.array(
    z.strictObject({
      action: z.enum(['create', 'update', 'delete', 'move', 'chmod']),
      file_path: text.min(1),
      previous_path: text.optional(),
      content: text.optional(),
      encoding: z.enum(['text', 'base64']).default('text'),
      last_commit_id: text.optional(),
      execute_filemode: z.boolean().optional(),
    }),
  ),
  author_email: text.optional(),
  author_name: text.optional(),
  stats: z.boolean().optional(),
  force: z.boolean().default(false),
});
export type NewCommit = z.infer<typeof newCommitBody>;
export type CommitAction = NewCommit['actions'][number];
