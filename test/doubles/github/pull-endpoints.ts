import { type Reply, type RepositoryRequest, repositoryUrl, timestamp, userOf } from './api.ts';
import { textOf } from './json.ts';
import { type MergeMethod, mergePull } from './merge.ts';
import { linkHeader, pageOf, slice } from './pagination.ts';
import type { Pull } from './pull.ts';
import { pullJson, wholePullJson } from './pull-json.ts';
import { checkText, closePull, openPull, pullOf, refreshPulls, reopenPull } from './pulls.ts';
import { Refusal } from './refusal.ts';

/** `GET …/pulls` */
export async function listPulls({ host, repository, query }: RepositoryRequest): Promise<Reply> {
  await refreshPulls(host, repository);
  const state = query.get('state') ?? 'open';
  const base = query.get('base');
  // GitHub passes over a filter without the owner before the colon.
  const [, branch] = /^acme:(.+)$/i.exec(query.get('head') ?? '') ?? [];
  const isForeign = /^(?!acme:).+:/i.test(query.get('head') ?? '');
  const found = repository.pulls.filter(
    (pull) =>
      !isForeign &&
      (state === 'all' || pull.state === state) &&
      (base === null || pull.base === base) &&
      (branch === undefined || pull.branch === branch),
  );
  const sort = query.get('sort') ?? 'created';
  const direction = query.get('direction') ?? (sort === 'created' ? 'desc' : 'asc');
  const keyOf = ({ createdAt, updatedAt }: Pull) => (sort === 'updated' ? updatedAt : createdAt);
  const sorted = found.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)) || a.number - b.number);
  const page = pageOf(query);
  const shown = slice(direction === 'desc' ? sorted.toReversed() : sorted, page);
  const body = await Promise.all(shown.map(async (pull) => pullJson(host, repository, pull)));
  const address = `${host.api}/repositories/${repository.id}/pulls`;
  return { status: 200, body, headers: linkHeader(address, query, page, found.length) };
}

/** `POST …/pulls` */
export async function createPull({ host, repository, actor, body }: RepositoryRequest): Promise<Reply> {
  await refreshPulls(host, repository);
  const text = { title: textOf(body, 'title') ?? '', body: textOf(body, 'body') };
  checkText(text);
  const pull = await openPull(host, repository, {
    title: text.title,
    body: text.body ?? null,
    branch: (textOf(body, 'head') ?? '').replace(/^acme:/i, ''),
    base: textOf(body, 'base') ?? '',
    draft: body['draft'] === true,
    user: userOf(actor),
  });
  const location = `${repositoryUrl(host, repository)}/pulls/${pull.number}`;
  return { status: 201, body: await wholePullJson(host, repository, pull), headers: { location } };
}

/** `GET …/pulls/{pull_number}` */
export async function getPull({ host, repository, params }: RepositoryRequest): Promise<Reply> {
  const pull = await pullOf(host, repository, params['pull_number']);
  return { status: 200, body: await wholePullJson(host, repository, pull) };
}

/** `PATCH …/pulls/{pull_number}` */
export async function updatePull({ host, repository, params, body }: RepositoryRequest): Promise<Reply> {
  const pull = await pullOf(host, repository, params['pull_number']);
  const text = { title: textOf(body, 'title'), body: textOf(body, 'body') };
  checkText(text);
  if (body['state'] === 'closed' && pull.state === 'open') {
    closePull(host, pull);
  } else if (body['state'] === 'open' && pull.state === 'closed') {
    await reopenPull(host, repository, pull);
  }
  pull.title = text.title ?? pull.title;
  pull.body = text.body ?? pull.body;
  pull.base = textOf(body, 'base') ?? pull.base;
  pull.updatedAt = timestamp(host.now());
  return { status: 200, body: await wholePullJson(host, repository, pull) };
}

/** `PUT …/pulls/{pull_number}/merge` */
export async function putMerge({ host, repository, actor, params, body }: RepositoryRequest): Promise<Reply> {
  const pull = await pullOf(host, repository, params['pull_number']);
  const expected = textOf(body, 'sha');
  if (expected !== undefined && expected !== pull.headSha) {
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  if (repository.settings.checksRequired) {
    throw new Refusal(405, 'Required status check "ci" is expected.');
  }
  const method = methodOf(textOf(body, 'merge_method'));
  const sha = await mergePull(host, repository, pull, {
    method,
    by: userOf(actor),
    title: textOf(body, 'commit_title'),
  });
  return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
}

/** A merge commit where nothing else is said. */
export function methodOf(name: string | undefined): MergeMethod {
  const lower = name?.toLowerCase();
  return lower === 'squash' || lower === 'rebase' ? lower : 'merge';
}
