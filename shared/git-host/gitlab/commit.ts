import type { CommitAction } from '@gitbeaker/core';
import { isSluiceError, SluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import { isRevision } from '../../git/revision.ts';
import * as z from '../../schema.ts';
import { inBatches } from '../in-batches.ts';
import { isLfsPointer } from '../manifest-file.ts';
import type { CommitRequest, FileEdit } from '../port.ts';
import { isRegular, metadataOf, regularFile } from './api/single-file.ts';
import type { Branches } from './branches.ts';
import type { KnownFile, RepositoryCache } from './cache.ts';
import type { GitLabClient } from './client.ts';
import { AT_ONCE } from './contents.ts';
import { insideOf } from './files.ts';

const commitReply = z.object({ id: z.string() });

/**
 * Commits by https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions
 *
 * GitLab puts a commit on the head as it is by then. So the head is looked at just before; and for what slips in
 * between, each file names the commit that it was last changed by, so that no change of another is overwritten. It
 * makes no commit with two parents: a branch that is overtaken is set anew, after one more look at where it stands.
 */
export async function makeCommit(
  client: GitLabClient,
  cache: RepositoryCache,
  branches: Branches,
  request: CommitRequest,
): Promise<string> {
  const { branch, expectedHead, overtakes, edits, newBranch = false } = request;
  branchRef(branch);
  if (edits.length === 0) {
    throw new SluiceError({ code: 'git-refused', subject: `branch ${branch}`, expected: 'an edit', found: 'none' });
  }
  const actions = await inBatches(edits, AT_ONCE, async (edit) =>
    actionFor(client, request, edit, cache.file(expectedHead, edit.path)),
  );
  const isFresh = cache.sawLately(branch, expectedHead);
  if (!newBranch && (!isFresh || overtakes !== undefined)) {
    await requireHead(client, branches, branch, overtakes ?? expectedHead);
  }
  try {
    const revision = await send(client, request, [...actions]);
    cache.gave(revision);
    return revision;
  } catch (error) {
    if (isSluiceError(error, 'git-refused')) {
      await requireHead(client, branches, branch, newBranch ? undefined : (overtakes ?? expectedHead));
    }
    throw error;
  }
}

async function send(client: GitLabClient, request: CommitRequest, actions: CommitAction[]): Promise<string> {
  const { branch, expectedHead, overtakes, message, author, newBranch = false } = request;
  const reply = await client.commits.create(client.address.path, branch, message, actions, {
    ...(newBranch || overtakes !== undefined ? { startSha: expectedHead } : {}),
    ...(overtakes === undefined ? {} : { force: true }),
    ...(author === undefined ? {} : { authorName: plain(author.name), authorEmail: plain(author.email) }),
  });
  return client.read(commitReply, reply).id;
}

/** @throws SluiceError `git-head-moved` where the branch is elsewhere; undefined is for one that is not to be there */
async function requireHead(
  client: GitLabClient,
  branches: Branches,
  branch: string,
  expected: string | undefined,
): Promise<void> {
  const head = await branches.headIfAny(branch);
  if (head !== expected) {
    throw new SluiceError({
      code: 'git-head-moved',
      subject: `${client.address.subject}, branch ${branch}`,
      expected: expected ?? 'no such branch yet',
      found: head ?? 'none',
      retryable: true,
    });
  }
}

/** @throws SluiceError `git-refused` where there is no regular file to change */
async function actionFor(
  client: GitLabClient,
  { expectedHead, overtakes, newBranch = false }: CommitRequest,
  { path, text, create = false }: FileEdit,
  known: KnownFile | undefined,
): Promise<CommitAction> {
  const isInside = path !== '' && insideOf(path) === path;
  const file = isInside ? await lookUp(client, expectedHead, path, known) : undefined;
  if (file === undefined && !(create && isInside && (await isFree(client, expectedHead, path)))) {
    throw refused(path, 'none');
  }
  if (file?.isPointer === true) {
    throw refused(path, 'a Git LFS pointer');
  }
  // Where a branch begins at `start_sha`, GitLab compares with the default branch, and nothing can slip in.
  const lastCommitId = newBranch || overtakes !== undefined ? undefined : file?.lastCommit;
  return {
    action: file === undefined ? 'create' : 'update',
    filePath: path,
    content: Buffer.from(text, 'utf8').toString('base64'),
    encoding: 'base64',
    ...(lastCommitId === undefined ? {} : { lastCommitId }),
  };
}

/** Is there neither a link nor a submodule at the path or on the way there, which GitLab would write through? */
async function isFree(client: GitLabClient, revision: string, path: string): Promise<boolean> {
  const parts = path.split('/');
  const onTheWay = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  const found = await inBatches(onTheWay, AT_ONCE, async (one) => metadataOf(client, revision, one));
  return found.every((one) => one === undefined);
}

function refused(path: string, found: string): SluiceError {
  return new SluiceError({ code: 'git-refused', subject: path, expected: 'a regular file', found });
}

/** Undefined for what is no regular file. */
async function lookUp(
  client: GitLabClient,
  revision: string,
  path: string,
  known: KnownFile | undefined,
): Promise<Partial<KnownFile> | undefined> {
  if (!isRevision(revision)) {
    return undefined;
  }
  if (known?.lastCommit !== undefined) {
    return known;
  }
  if (known !== undefined) {
    const metadata = await metadataOf(client, revision, path);
    return metadata === undefined ? known : { ...known, lastCommit: metadata.lastCommit };
  }
  try {
    const found = await regularFile(client, revision, path);
    return found && { ...found, isPointer: isLfsPointer(found.content.toString('utf8', 0, 1024)) };
  } catch (error) {
    if (isSluiceError(error, 'git-refused')) {
      return (await isRegular(client, revision, path)) ? {} : undefined;
    }
    throw error;
  }
}

/** One line, and no end of a name. */
function plain(text: string): string {
  return text.replaceAll(/[<>\p{Cc}]/gu, '');
}
