import { isSluiceError } from '../../errors.ts';
import * as z from '../../schema.ts';
import type { NewPullRequest, PullRequest, PullRequests, PullRequestText } from '../pull-request.ts';
import { enableAutoMerge } from './auto-merge.ts';
import type { GitHubClient, Send } from './client.ts';
import { type OpenedPull, openOnes, PER_PAGE, pageOf, pullRequestOf, pullSchema } from './pull-request-pages.ts';

/** Pull requests of one repository: https://docs.github.com/en/rest/pulls/pulls */
export class GitHubPullRequests implements PullRequests {
  readonly #client: GitHubClient;

  constructor(client: GitHubClient) {
    this.#client = client;
  }

  async list(base: string, branchPrefix: string): Promise<readonly PullRequest[]> {
    const latest = await pageOf(this.#client, { state: 'all', base });
    const isAll = latest.length < PER_PAGE;
    const pulls = new Map(latest.map((pull) => [pull.number, pull]));
    for (const pull of isAll ? [] : await openOnes(this.#client, base)) {
      pulls.set(pull.number, pull);
    }
    return [...pulls.values()]
      .filter(({ head, base: into }) => head.ref.startsWith(branchPrefix) && head.repo?.id === into.repo.id)
      .toSorted((one, other) => other.number - one.number)
      .map(pullRequestOf);
  }

  async open(request: NewPullRequest): Promise<PullRequest> {
    const pull = await create(this.#client, request);
    await decorate(this.#client, pull, request);
    return pullRequestOf(pull);
  }

  async update(number: number, { title, body }: PullRequestText): Promise<void> {
    await this.#change(number, { title, body });
  }

  async close(number: number, comment: string): Promise<void> {
    await this.#client.ask(async (send, at) =>
      send('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...at, issue_number: number, body: comment }),
    );
    await this.#change(number, { state: 'closed' });
  }

  async #change(number: number, change: Partial<PullRequestText> & { readonly state?: 'closed' }): Promise<void> {
    await this.#client.ask(async (send, at) =>
      send('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { ...at, pull_number: number, ...change }),
    );
  }
}

async function create(client: GitHubClient, { branch, base, title, body }: NewPullRequest): Promise<OpenedPull> {
  const reply = await client.ask(
    async (send, at) => send('POST /repos/{owner}/{repo}/pulls', { ...at, head: branch, base, title, body }),
    422,
  );
  if (reply.status !== 422) {
    return client.parse(pullSchema, reply);
  }
  const [already] = await pageOf(client, { state: 'open', base, head: `${client.address.owner}:${branch}` });
  if (already !== undefined) {
    return already;
  }
  throw await client.refusal(reply);
}

/** It is open by now: what cannot be put on it does not undo that. */
async function decorate(
  client: GitHubClient,
  pull: OpenedPull,
  { labels, assignees, autoMerge }: NewPullRequest,
): Promise<void> {
  const { number } = pull;
  if (labels.length > 0) {
    await unlessRefused(client, pull, 'labels not set', async (send, at) =>
      send('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
        ...at,
        issue_number: number,
        labels: [...labels],
      }),
    );
  }
  if (assignees.length > 0) {
    const data = await unlessRefused(client, pull, 'assignees not set', async (send, at) =>
      send('POST /repos/{owner}/{repo}/issues/{issue_number}/assignees', {
        ...at,
        issue_number: number,
        assignees: [...assignees],
      }),
    );
    warnOfUnknown(client, pull, assignees, data);
  }
  if (autoMerge) {
    await enableAutoMerge(client, pull);
  }
}

const assignedSchema = z.object({ assignees: z.array(z.object({ login: z.string() })) });

/** GitHub leaves out whom it does not know, without a word. */
function warnOfUnknown(
  client: GitHubClient,
  { html_url: url }: OpenedPull,
  wanted: readonly string[],
  data: unknown,
): void {
  const issue = assignedSchema.safeParse(data).data;
  const assigned = new Set(issue?.assignees.map(({ login }) => login.toLowerCase()));
  const unknown = wanted.filter((login) => !assigned.has(login.toLowerCase()));
  if (issue !== undefined && unknown.length > 0) {
    client.log.warn('assignees left out: GitHub knows none of these names here', {
      pullRequest: url,
      assignees: unknown,
    });
  }
}

/** What GitHub answered; undefined, and a warning, where it refused. */
async function unlessRefused(
  client: GitHubClient,
  { html_url: url }: OpenedPull,
  warning: string,
  send: Send,
): Promise<unknown> {
  try {
    return (await client.ask(send)).data;
  } catch (error) {
    if (!isSluiceError(error)) {
      throw error;
    }
    client.log.warn(warning, { pullRequest: url, error });
    return undefined;
  }
}
