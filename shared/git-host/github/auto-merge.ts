import { isSluiceError, messageOf } from '../../errors.ts';
import * as z from '../../schema.ts';
import { wordsOf } from './api/response.ts';
import type { GitHubClient } from './client.ts';
import { mergeMethodOf, type OpenedPull, pullSchema } from './pull-request-pages.ts';

const MUTATION = `mutation ($id: ID!, $method: PullRequestMergeMethod!) {
  enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: $method }) { clientMutationId }
}`;

const graphqlSchema = z.object({ errors: z._default(z.array(z.object({ message: z.string() })), []) });

/**
 * Asks GitHub to merge a pull request as soon as it may be. Where nothing stands in its way, GitHub has nothing to wait
 * for, and it is merged now. What the repository does not allow is a warning.
 *
 * @see https://docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge
 */
export async function enableAutoMerge(client: GitHubClient, pull: OpenedPull): Promise<void> {
  try {
    const refused = (await enable(client, pull)) ?? '';
    const reason = refused === '' ? '' : await mergeIfClean(client, pull, refused);
    if (reason !== '') {
      client.log.warn('automatic merging not enabled', { pullRequest: pull.html_url, reason });
    }
  } catch (error) {
    if (!isSluiceError(error)) {
      throw error;
    }
    client.log.warn('automatic merging not enabled', { pullRequest: pull.html_url, reason: messageOf(error) });
  }
}

/** What GitHub has against it; undefined where it does it. */
async function enable(client: GitHubClient, pull: OpenedPull): Promise<string | undefined> {
  const { errors } = await client.read(graphqlSchema, async (request) =>
    request('POST /graphql', {
      // GitHub Enterprise Server has it beside the REST API.
      baseUrl: client.address.api.replace(/\/v3$/, ''),
      query: MUTATION,
      variables: { id: pull.node_id, method: mergeMethodOf(pull).toUpperCase() },
    }),
  );
  return errors[0]?.message;
}

/** What remains against it; `''` where it is merged. */
async function mergeIfClean(client: GitHubClient, { number }: OpenedPull, refused: string): Promise<string> {
  const pull = await client.read(pullSchema, async (request, at) =>
    request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...at, pull_number: number }),
  );
  if (pull.mergeable_state !== 'clean' || pull.base.repo.allow_auto_merge === false) {
    return refused;
  }
  const reply = await client.ask(
    async (request, at) =>
      request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', {
        ...at,
        pull_number: number,
        sha: pull.head.sha,
        merge_method: mergeMethodOf(pull),
      }),
    405,
    409,
  );
  return reply.status < 400 ? '' : wordsOf(reply);
}
