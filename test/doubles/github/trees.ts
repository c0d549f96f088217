import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, type Reply, type RepositoryRequest, repositoryUrl } from './api.ts';
import type { Git } from './git.ts';
import { isRecord, textOf } from './json.ts';
import { notFound, unprocessable } from './refusal.ts';
import type { Repository } from './repository.ts';
import { commitOf, objectType } from './revisions.ts';

/** `GET …/git/trees/{tree_sha}`; any value of `recursive` means yes, also `0`. */
export async function getTree({ host, repository, params, query }: RepositoryRequest): Promise<Reply> {
  const { git } = repository;
  const name = params['tree_sha'] ?? '';
  const isTree = (await objectType(git, name)) === 'tree';
  const from = isTree ? name : await commitOf(git, name);
  const tree = from && (await git.line(['rev-parse', '--verify', '--quiet', `${from}^{tree}`]));
  if (!tree) {
    throw notFound();
  }
  return { status: 200, body: await treeJson(host, repository, tree, query.has('recursive')) };
}

async function treeJson(host: Host, repository: Repository, sha: string, isRecursive: boolean): Promise<unknown> {
  const url = repositoryUrl(host, repository);
  const listing = await repository.git.run(['ls-tree', '-z', '-l', ...(isRecursive ? ['-r', '-t'] : []), sha]);
  const lines = listing.toString('utf8').split('\0').slice(0, -1);
  const { treeLimit } = repository.settings;
  const tree = lines.slice(0, treeLimit).map((line) => {
    const [, mode = '', type = '', object = '', size = '-', path = ''] =
      /^(\d+) (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
    const entryUrl = `${url}/git/${type}s/${object}`;
    if (type === 'blob') {
      return { path, mode, type, sha: object, size: Number(size), url: entryUrl };
    }
    return type === 'tree' ? { path, mode, type, sha: object, url: entryUrl } : { path, mode, type, sha: object };
  });
  return { sha, url: `${url}/git/trees/${sha}`, tree, truncated: lines.length > treeLimit };
}

/** `POST …/git/trees` */
export async function createTree({ host, repository, body }: RepositoryRequest): Promise<Reply> {
  const { git } = repository;
  const base = textOf(body, 'base_tree');
  const peeled = base && (await objectType(git, base)) && (await git.line(['rev-parse', `${base}^{tree}`]));
  if (base !== undefined && !peeled) {
    throw unprocessable('base_tree is not a valid tree oid');
  }
  const entries = (Array.isArray(body['tree']) ? body['tree'] : []).filter(isRecord);
  const index = await mkdtemp(join(tmpdir(), 'sluice-github-index-'));
  const env = { GIT_INDEX_FILE: join(index, 'index') };
  try {
    await git.run(['read-tree', ...(peeled ? [peeled] : ['--empty'])], undefined, env);
    for (const entry of entries) {
      if (textOf(entry, 'type') === 'tree' || entry['mode'] === '040000') {
        await addFolder(git, entry, env);
      }
    }
    const lines: string[] = [];
    for (const entry of entries.filter(({ mode, type }) => mode !== '040000' && type !== 'tree')) {
      lines.push(await indexLine(git, entry, env));
    }
    await git.run(['update-index', '--replace', '-z', '--index-info'], lines.join(''), env);
    const written = await git.attempt(['write-tree'], undefined, env);
    if (written.exit !== 0) {
      throw unprocessable('GitRPC::BadObjectState');
    }
    const json = await treeJson(host, repository, written.output.toString('utf8').trim(), false);
    return { status: 201, body: json };
  } finally {
    await rm(index, { recursive: true, force: true });
  }
}

type Environment = Readonly<Record<string, string>>;

async function indexLine(git: Git, entry: Readonly<Record<string, unknown>>, env: Environment): Promise<string> {
  const path = checkedPath(entry);
  const { sha, content } = entry;
  if ((sha === undefined) === (content === undefined)) {
    throw unprocessable('Must supply either tree.sha or tree.content. Request will be rejected if both are present.');
  }
  if (sha === null) {
    if ((await git.run(['ls-files', '-z', '--', path], undefined, env)).length === 0) {
      throw unprocessable('GitRPC::BadObjectState');
    }
    return `0 ${'0'.repeat(40)}\t${path}\0`;
  }
  const mode = textOf(entry, 'mode') ?? '100644';
  if (typeof content === 'string') {
    const written = await git.run(['hash-object', '-w', '--stdin'], content);
    return `${mode} ${written.toString('utf8').trim()}\t${path}\0`;
  }
  // A submodule's commit lies in another repository.
  const object = textOf(entry, 'sha') ?? '';
  if (mode !== '160000' && (await objectType(git, object)) !== 'blob') {
    throw unprocessable(`tree.sha ${object} is not a valid blob`);
  }
  return `${mode} ${object}\t${path}\0`;
}

async function addFolder(git: Git, entry: Readonly<Record<string, unknown>>, env: Environment): Promise<void> {
  const sha = textOf(entry, 'sha') ?? '';
  if ((await objectType(git, sha)) !== 'tree') {
    throw unprocessable(`tree.sha ${sha} is not a valid tree`);
  }
  const path = checkedPath(entry);
  await git.run(['rm', '-r', '--cached', '--quiet', '--ignore-unmatch', '--', path], undefined, env);
  await git.run(['read-tree', `--prefix=${path}/`, sha], undefined, env);
}

function checkedPath(entry: Readonly<Record<string, unknown>>): string {
  const path = textOf(entry, 'path') ?? '';
  if (path.split('/').some((part) => ['', '.', '..', '.git'].includes(part.toLowerCase()))) {
    throw unprocessable('tree.path contains a malformed path component');
  }
  return path;
}
