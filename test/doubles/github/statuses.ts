import { type Reply, type RepositoryRequest, repositoryUrl, timestamp, userOf } from './api.ts';
import { textOf } from './json.ts';
import { invalid, unprocessable } from './refusal.ts';
import { commitOf } from './revisions.ts';
import { nodeId, userJson } from './users.ts';

/** GitHub's limits. */
const MAX_DESCRIPTION = 140;
const MAX_CONTEXT = 255;
const MAX_STATUSES = 1000;

/** `POST …/statuses/{sha}` */
export async function createStatus({ host, repository, actor, params, body }: RepositoryRequest): Promise<Reply> {
  const name = params['sha'] ?? '';
  const sha = /^[0-9a-f]{40}$/.test(name) ? await commitOf(repository.git, name) : undefined;
  if (sha === undefined) {
    throw unprocessable(`No commit found for SHA: ${name}`);
  }
  const context = textOf(body, 'context') ?? 'default';
  const description = textOf(body, 'description') ?? null;
  for (const [field, text, limit] of [
    ['description', description, MAX_DESCRIPTION],
    ['context', context, MAX_CONTEXT],
  ] as const) {
    if (text !== null && text.length > limit) {
      const message = `${field} is too long (maximum is ${limit} characters)`;
      throw invalid('Status', { field, code: 'custom', message });
    }
  }
  if (repository.statuses.filter((one) => one.sha === sha && one.context === context).length >= MAX_STATUSES) {
    const message = 'This SHA and context has reached the maximum number of statuses.';
    throw invalid('Status', { code: 'custom', message });
  }
  const status = {
    id: host.nextId(),
    sha,
    state: textOf(body, 'state') ?? '',
    context,
    description,
    targetUrl: textOf(body, 'target_url') ?? null,
    createdAt: timestamp(host.now()),
  };
  repository.statuses.push(status);
  const url = `${repositoryUrl(host, repository)}/statuses/${sha}`;
  const creator = userJson(host.api, userOf(actor));
  const json = {
    url,
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    avatar_url: creator['avatar_url'],
    state: status.state,
    description,
    target_url: status.targetUrl,
    context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator,
  };
  return { status: 201, body: json, headers: { location: url } };
}
