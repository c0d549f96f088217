import { type Host, type Reply, type RepositoryRequest, repositoryUrl } from './api.ts';
import { base64Lines, isRaw } from './blobs.ts';
import { notFound } from './refusal.ts';
import type { Repository } from './repository.ts';
import { commitOf, defaultBranch } from './revisions.ts';

/** Larger files come without their content, and larger ones still only raw. */
const MAX_INLINE_BYTES = 1024 * 1024;

interface Entry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size: number;
  readonly path: string;
}

/** `GET …/contents/{path}`: a file, or the list of a folder. */
export async function getContents({ host, repository, params, query, accept }: RepositoryRequest): Promise<Reply> {
  const ref = query.get('ref') ?? (await defaultBranch(repository.git));
  const commit = await commitOf(repository.git, ref);
  if (commit === undefined) {
    throw notFound(`No commit found for the ref ${ref}`);
  }
  const path = (params['path'] ?? '').replace(/\/+$/, '');
  const [entry] = path === '' ? [undefined] : await list(repository, commit, path);
  if (path !== '' && entry === undefined) {
    throw notFound();
  }
  if (entry === undefined || entry.type === 'tree') {
    const entries = await list(repository, commit, path === '' ? '' : `${path}/`);
    return { status: 200, body: entries.map((one) => entryJson(host, repository, ref, one)) };
  }
  const json = entryJson(host, repository, ref, entry);
  if (entry.type === 'commit') {
    return { status: 200, body: { ...json, type: 'submodule', submodule_git_url: `${host.web}/acme/${path}.git` } };
  }
  const content = await repository.git.run(['cat-file', 'blob', entry.sha]);
  if (isRaw(accept)) {
    return { status: 200, bytes: { type: 'application/vnd.github.raw; charset=utf-8', content } };
  }
  if (entry.mode === '120000') {
    return { status: 200, body: { ...json, target: content.toString('utf8') } };
  }
  const isInline = content.length <= MAX_INLINE_BYTES;
  const written = isInline ? { content: base64Lines(content), encoding: 'base64' } : { content: '', encoding: 'none' };
  return { status: 200, body: { ...json, ...written } };
}

async function list({ git }: Repository, commit: string, path: string): Promise<readonly Entry[]> {
  const output = await git.run(['ls-tree', '-z', '-l', commit, ...(path === '' ? [] : ['--', path])]);
  return output
    .toString('utf8')
    .split('\0')
    .slice(0, -1)
    .map((line) => {
      const [, mode = '', type = '', sha = '', size = '0', name = ''] =
        /^(\d+) (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
      return { mode, type, sha, size: Number(size) || 0, path: name };
    });
}

function entryJson(host: Host, repository: Repository, ref: string, entry: Entry): Record<string, unknown> {
  const { mode, type, sha, size, path } = entry;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const url = `${repositoryUrl(host, repository)}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const git = type === 'commit' ? null : `${repositoryUrl(host, repository)}/git/${type}s/${sha}`;
  const html = `${host.web}/acme/${repository.name}/${type}/${encodeURIComponent(ref)}/${encoded}`;
  const kinds: Readonly<Record<string, string>> = { '120000': 'symlink', '040000': 'dir', '160000': 'submodule' };
  return {
    type: kinds[mode] ?? 'file',
    name: path.split('/').at(-1) ?? '',
    path,
    sha,
    size,
    url,
    html_url: html,
    git_url: git,
    download_url: type === 'blob' ? `${host.web}/raw/acme/${repository.name}/${encoded}` : null,
    _links: { self: url, git, html },
  };
}
