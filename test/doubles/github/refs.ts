import { type Host, type Reply, type RepositoryRequest, repositoryUrl } from './api.ts';
import { preReceive } from './git.ts';
import { textOf } from './json.ts';
import { notFound, unprocessable } from './refusal.ts';
import type { Repository } from './repository.ts';
import { objectType, refTarget } from './revisions.ts';
import { nodeId } from './users.ts';

const NOTHING = '0'.repeat(40);
/** Somebody else may move a ref between looking and writing, and again. */
const ATTEMPTS = 10;

/** `GET …/git/ref/{ref}` */
export async function getRef({ host, repository, params }: RepositoryRequest): Promise<Reply> {
  const ref = `refs/${params['ref']}`;
  const sha = await refTarget(repository.git, ref);
  if (sha === undefined) {
    throw notFound();
  }
  return { status: 200, body: await refJson(host, repository, ref, sha) };
}

/** `POST …/git/refs` */
export async function createRef({ host, repository, body }: RepositoryRequest): Promise<Reply> {
  const ref = textOf(body, 'ref') ?? '';
  const sha = textOf(body, 'sha') ?? '';
  const { git } = repository;
  if (!/^refs\/.+\/./.test(ref) || (await git.line(['check-ref-format', ref])) === undefined) {
    throw unprocessable('Reference name is invalid');
  }
  await checkObject(repository, ref, sha);
  if ((await refTarget(git, ref)) !== undefined) {
    throw unprocessable('Reference already exists');
  }
  await checkRules(repository, NOTHING, sha, ref);
  const { exit } = await git.attempt(['update-ref', ref, sha, NOTHING]);
  if (exit !== 0) {
    const isThere = (await refTarget(git, ref)) !== undefined;
    // The name of a folder of another branch, or the other way round.
    throw unprocessable(isThere ? 'Reference already exists' : 'Reference update failed');
  }
  const json = await refJson(host, repository, ref, sha);
  return { status: 201, body: json, headers: { location: `${repositoryUrl(host, repository)}/git/${ref}` } };
}

/** `PATCH …/git/refs/{ref}` */
export async function updateRef({ host, repository, params, body }: RepositoryRequest): Promise<Reply> {
  const ref = `refs/${params['ref']}`;
  const sha = textOf(body, 'sha') ?? '';
  await moveRef(repository, ref, sha, body['force'] === true);
  return { status: 200, body: await refJson(host, repository, ref, sha) };
}

/** Moves a ref as GitHub does: onwards only, unless forced, and past the rules of the repository. */
export async function moveRef(repository: Repository, ref: string, sha: string, isForced = false): Promise<void> {
  const { git } = repository;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const current = await refTarget(git, ref);
    if (current === undefined) {
      throw unprocessable('Reference does not exist');
    }
    await checkObject(repository, ref, sha);
    const { exit } = await git.attempt(['merge-base', '--is-ancestor', current, sha]);
    if (exit !== 0 && !isForced) {
      throw unprocessable('Update is not a fast forward');
    }
    await checkRules(repository, current, sha, ref);
    const moved = await git.attempt(['update-ref', ref, sha, current]);
    if (moved.exit === 0) {
      return;
    }
  }
  throw unprocessable('Reference update failed');
}

async function checkObject({ git }: Repository, ref: string, sha: string): Promise<void> {
  const type = await objectType(git, sha);
  if (type === undefined || (ref.startsWith('refs/heads/') && type !== 'commit')) {
    throw unprocessable('Object does not exist');
  }
}

/** The words of a rule come from the repository's hook, which is where a bare repository keeps its rules. */
async function checkRules({ git }: Repository, from: string, to: string, ref: string): Promise<void> {
  const words = await preReceive(git, from, to, ref);
  if (words !== undefined) {
    throw unprocessable(`Repository rule violations found\n\n${words}\n\n`);
  }
}

async function refJson(host: Host, repository: Repository, ref: string, sha: string): Promise<unknown> {
  const url = repositoryUrl(host, repository);
  const type = (await objectType(repository.git, sha)) ?? 'commit';
  const encoded = ref.split('/').map(encodeURIComponent).join('/');
  return {
    ref,
    node_id: nodeId('Ref', `${repository.id}:${ref}`),
    url: `${url}/git/${encoded}`,
    object: { type, sha, url: `${url}/git/${type}s/${sha}` },
  };
}
