import { type Reply, type RepositoryRequest, timestamp, userOf } from './api.ts';
import { gitCommitJson } from './commit-json.ts';
import { readCommit, type Signature, writeCommit } from './commit-object.ts';
import { isRecord, textOf } from './json.ts';
import { notFound, unprocessable } from './refusal.ts';
import { objectType } from './revisions.ts';
import { noreply } from './users.ts';

/** `GET …/git/commits/{commit_sha}` */
export async function getGitCommit({ host, repository, params }: RepositoryRequest): Promise<Reply> {
  const sha = params['commit_sha'] ?? '';
  if ((await objectType(repository.git, sha)) !== 'commit') {
    throw notFound();
  }
  return { status: 200, body: gitCommitJson(host, repository, await readCommit(repository.git, sha)) };
}

/** What GitHub puts under a commit that it makes for an App; the double signs nothing. */
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----\n\nbm90IGEgc2lnbmF0dXJl\n-----END PGP SIGNATURE-----\n';
const GITHUB = { name: 'GitHub', email: 'noreply@github.com' };

/**
 * `POST …/git/commits`. An App's commit without an author is GitHub's own to sign.
 *
 * @see https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
 */
export async function createGitCommit({ host, repository, actor, body }: RepositoryRequest): Promise<Reply> {
  const { git } = repository;
  const tree = textOf(body, 'tree') ?? '';
  const parents = Array.isArray(body['parents']) ? body['parents'].map(String) : [];
  if ((await objectType(git, tree)) !== 'tree') {
    throw unprocessable('Tree SHA does not exist');
  }
  for (const parent of parents) {
    if ((await objectType(git, parent)) !== 'commit') {
      throw unprocessable('Parent SHA does not exist or is not a commit object');
    }
  }
  const user = userOf(actor);
  const now = timestamp(host.now());
  const self = { name: user.login, email: noreply(user), date: now };
  const author = signatureIn(body['author'], now);
  const committer = signatureIn(body['committer'], now);
  const isGitHubs = actor.kind === 'installation' && author === undefined && committer === undefined;
  const sha = await writeCommit(git, {
    tree,
    parents,
    author: author ?? self,
    committer: isGitHubs ? { ...GITHUB, date: now } : (committer ?? author ?? self),
    message: textOf(body, 'message') ?? '',
    signature: isGitHubs ? SIGNATURE : undefined,
  });
  return { status: 201, body: gitCommitJson(host, repository, await readCommit(git, sha)) };
}

function signatureIn(value: unknown, now: string): Signature | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  return { name: textOf(value, 'name') ?? '', email: textOf(value, 'email') ?? '', date: textOf(value, 'date') ?? now };
}
