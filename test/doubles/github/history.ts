import type { Reply, RepositoryRequest } from './api.ts';
import { commitJson } from './commit-json.ts';
import { readCommits } from './commit-object.ts';
import { linkHeader, pageOf } from './pagination.ts';
import { notFound } from './refusal.ts';
import { commitOf, defaultBranch } from './revisions.ts';

/** `GET …/commits`, the latest first. */
export async function listCommits({ host, repository, query }: RepositoryRequest): Promise<Reply> {
  const { git, id } = repository;
  const from = await commitOf(git, query.get('sha') ?? (await defaultBranch(git)));
  if (from === undefined) {
    throw notFound();
  }
  const path = query.get('path');
  const filter = path === null || path === '' ? [] : ['--', path];
  const page = pageOf(query);
  const range = [`--skip=${(page.page - 1) * page.perPage}`, `--max-count=${page.perPage}`];
  const [listed, count] = await Promise.all([
    git.run(['rev-list', ...range, from, ...filter]),
    git.run(['rev-list', '--count', from, ...filter]),
  ]);
  const shas = listed.toString('utf8').split('\n').filter(Boolean);
  const commits = await readCommits(git, shas);
  return {
    status: 200,
    body: commits.map((commit) => commitJson(host, repository, commit)),
    headers: linkHeader(`${host.api}/repositories/${id}/commits`, query, page, Number(count.toString('utf8'))),
  };
}
