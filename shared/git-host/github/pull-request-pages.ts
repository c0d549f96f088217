import * as z from '../../schema.ts';
import type { PullRequest } from '../pull-request.ts';
import type { GitHubClient } from './client.ts';

export const PER_PAGE = 100;
/** More open ones into one branch are not looked through. */
const MAX_PAGES = 10;

const mayMerge = z.optional(z.boolean());

/** A pull request, of what GitHub tells as much as is used. */
export const pullSchema = z.object({
  number: z.number(),
  node_id: z.string(),
  html_url: z.string(),
  state: z.enum(['open', 'closed']),
  title: z.string(),
  body: z.nullish(z.string()),
  merged_at: z.nullish(z.string()),
  closed_at: z.nullish(z.string()),
  /** `clean` where nothing stands in the way of a merge; told only of a single one. */
  mergeable_state: z.optional(z.string()),
  head: z.object({ ref: z.string(), sha: z.string(), repo: z.nullish(z.object({ id: z.number() })) }),
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

/** Which pull requests. */
interface Query {
  readonly state: 'all' | 'open';
  readonly base: string;
  /** `OWNER:BRANCH` */
  readonly head?: string;
  readonly page?: number;
}

/** A page of pull requests, the newest first. */
export async function pageOf(client: GitHubClient, query: Query): Promise<readonly OpenedPull[]> {
  return client.read(z.array(pullSchema), async (send, at) =>
    send('GET /repos/{owner}/{repo}/pulls', {
      ...at,
      ...query,
      sort: 'created',
      direction: 'desc',
      per_page: PER_PAGE,
    }),
  );
}

/** Every open one, as far as is looked. */
export async function openOnes(client: GitHubClient, base: string): Promise<readonly OpenedPull[]> {
  const all: OpenedPull[] = [];
  for (let number = 1; number <= MAX_PAGES; number += 1) {
    const pulls = await pageOf(client, { state: 'open', base, page: number });
    all.push(...pulls);
    if (pulls.length < PER_PAGE) {
      break;
    }
  }
  return all;
}

/** A pull request as every host's are told of. */
export function pullRequestOf({
  number,
  html_url: url,
  state,
  merged_at: mergedAt,
  closed_at: closedAt,
  head,
  title,
  body,
}: OpenedPull): PullRequest {
  const isMerged = typeof mergedAt === 'string';
  const endedAt = closedAt ? Date.parse(closedAt) : undefined;
  return { number, url, state: isMerged ? 'merged' : state, endedAt, branch: head.ref, title, body: body ?? '' };
}
