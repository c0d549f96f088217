import { type Reply, type RepositoryRequest, repositoryUrl } from './api.ts';
import { commitJson } from './commit-json.ts';
import { readCommit } from './commit-object.ts';
import { notFound } from './refusal.ts';
import { refTarget } from './revisions.ts';

/** `GET …/branches/{branch}` */
export async function getBranch({ host, repository, params }: RepositoryRequest): Promise<Reply> {
  const name = params['branch'] ?? '';
  const sha = await refTarget(repository.git, `refs/heads/${name}`);
  if (sha === undefined) {
    throw notFound('Branch not found');
  }
  const url = `${repositoryUrl(host, repository)}/branches/${name.split('/').map(encodeURIComponent).join('/')}`;
  const commit = commitJson(host, repository, await readCommit(repository.git, sha));
  const html = `${host.web}/acme/${repository.name}/tree/${encodeURIComponent(name)}`;
  const body = { name, commit, _links: { self: url, html }, protected: false, protection_url: `${url}/protection` };
  return { status: 200, body: { ...body, protection: { enabled: false } } };
}
