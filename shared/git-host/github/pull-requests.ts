import * as z from 'zod';
import { isSluiceError } from '../../errors.ts';
import type { NewPullRequest, PullRequest, PullRequests } from '../pull-request.ts';
import { enableAutoMerge } from './auto-merge.ts';
import type { GitHubApi, Send } from './client.ts';
import { type OpenedPull, pullSchema } from './pull.ts';

const PER_PAGE = 100;
/** More open ones into one branch are not looked through. */
const MAX_PAGES = 10;

/** Pull requests of one repository. */
export function pullRequestsOf(api: GitHubApi): PullRequests {
  return {
    async list(base, branchPrefix) {
      const latest = await page(api, { state: 'all', base });
      const isAll = latest.length < PER_PAGE;
      const pulls = new Map(latest.map((pull) => [pull.number, pull]));
      for (const pull of isAll ? [] : await openOnes(api, base)) {
        pulls.set(pull.number, pull);
      }
      return [...pulls.values()]
        .filter(({ head, base: into }) => head.ref.startsWith(branchPrefix) && head.repo?.id === into.repo.id)
        .toSorted((one, other) => other.number - one.number)
        .map(pullRequestOf);
    },

    async open(request) {
      const pull = await create(api, request);
      await decorate(api, pull, request);
      return pullRequestOf(pull);
    },

    async update(number, { title, body }) {
      await api.ask(async (send, at) =>
        send('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { ...at, pull_number: number, title, body }),
      );
    },

    async close(number, comment) {
      await api.ask(async (send, at) =>
        send('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
          ...at,
          issue_number: number,
          body: comment,
        }),
      );
      await api.ask(async (send, at) =>
        send('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { ...at, pull_number: number, state: 'closed' }),
      );
    },
  };
}

interface Query {
  readonly state: 'all' | 'open';
  readonly base: string;
  /** `OWNER:BRANCH` */
  readonly head?: string;
  readonly page?: number;
}

async function page(api: GitHubApi, query: Query): Promise<readonly OpenedPull[]> {
  return api.read(z.array(pullSchema), async (send, at) =>
    send('GET /repos/{owner}/{repo}/pulls', {
      ...at,
      ...query,
      sort: 'created',
      direction: 'desc',
      per_page: PER_PAGE,
    }),
  );
}

async function openOnes(api: GitHubApi, base: string): Promise<readonly OpenedPull[]> {
  const all: OpenedPull[] = [];
  for (let number = 1; number <= MAX_PAGES; number += 1) {
    const pulls = await page(api, { state: 'open', base, page: number });
    all.push(...pulls);
    if (pulls.length < PER_PAGE) {
      break;
    }
  }
  return all;
}

function pullRequestOf({
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

async function create(api: GitHubApi, { branch, base, title, body }: NewPullRequest): Promise<OpenedPull> {
  const reply = await api.ask(
    async (send, at) => send('POST /repos/{owner}/{repo}/pulls', { ...at, head: branch, base, title, body }),
    422,
  );
  if (reply.status !== 422) {
    return api.parse(pullSchema, reply);
  }
  const [already] = await page(api, { state: 'open', base, head: `${api.place.owner}:${branch}` });
  if (already !== undefined) {
    return already;
  }
  throw await api.refusal(reply);
}

/** It is open by now: what cannot be put on it does not undo that. */
async function decorate(
  api: GitHubApi,
  pull: OpenedPull,
  { labels, assignees, autoMerge }: NewPullRequest,
): Promise<void> {
  const { number } = pull;
  if (labels.length > 0) {
    await unlessRefused(api, pull, 'labels not set', async (send, at) =>
      send('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
        ...at,
        issue_number: number,
        labels: [...labels],
      }),
    );
  }
  if (assignees.length > 0) {
    const data = await unlessRefused(api, pull, 'assignees not set', async (send, at) =>
      send('POST /repos/{owner}/{repo}/issues/{issue_number}/assignees', {
        ...at,
        issue_number: number,
        assignees: [...assignees],
      }),
    );
    warnOfUnknown(api, pull, assignees, data);
  }
  if (autoMerge) {
    await enableAutoMerge(api, pull);
  }
}

const assignedSchema = z.object({ assignees: z.array(z.object({ login: z.string() })) });

/** GitHub leaves out whom it does not know, without a word. */
function warnOfUnknown(api: GitHubApi, { html_url: url }: OpenedPull, wanted: readonly string[], data: unknown): void {
  const issue = assignedSchema.safeParse(data).data;
  const assigned = new Set(issue?.assignees.map(({ login }) => login.toLowerCase()));
  const unknown = wanted.filter((login) => !assigned.has(login.toLowerCase()));
  if (issue !== undefined && unknown.length > 0) {
    api.log.warn('assignees left out: GitHub knows none of these names here', { pullRequest: url, assignees: unknown });
  }
}

/** What GitHub answered; undefined, and a warning, where it refused. */
async function unlessRefused(
  api: GitHubApi,
  { html_url: url }: OpenedPull,
  warning: string,
  send: Send,
): Promise<unknown> {
  try {
    return (await api.ask(send)).data;
  } catch (error) {
    if (!isSluiceError(error)) {
      throw error;
    }
    api.log.warn(warning, { pullRequest: url, error });
    return undefined;
  }
}
