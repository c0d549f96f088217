import * as z from 'zod';

const mayMerge = z.boolean().optional();

/** A pull request, of what GitHub tells as much as is used. */
export const pullSchema = z.object({
  number: z.number(),
  node_id: z.string(),
  html_url: z.string(),
  state: z.enum(['open', 'closed']),
  title: z.string(),
  body: z.string().nullish(),
  merged_at: z.string().nullish(),
  closed_at: z.string().nullish(),
  /** `clean` where nothing stands in the way of a merge; told only of a single one. */
  mergeable_state: z.string().optional(),
  head: z.object({ ref: z.string(), sha: z.string(), repo: z.object({ id: z.number() }).nullish() }),
  base: z.object({
    repo: z.object({
      id: z.number(),
      allow_auto_merge: mayMerge,
      allow_merge_commit: mayMerge,
      allow_squash_merge: mayMerge,
      allow_rebase_merge: mayMerge,
    }),
  }),
});

/** As GitHub tells of it. */
export type OpenedPull = z.infer<typeof pullSchema>;

/** How a pull request is merged here: by a merge commit where that is allowed. */
export function mergeMethodOf({ base }: OpenedPull): 'merge' | 'squash' | 'rebase' {
  const { allow_merge_commit: merge = true, allow_squash_merge: squash = true } = base.repo;
  if (merge) {
    return 'merge';
  }
  return squash ? 'squash' : 'rebase';
}
