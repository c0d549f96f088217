import { isSluiceError, SluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import * as z from '../../schema.ts';
import { blobId } from '../manifest-file.ts';
import type { CommitAuthor, CommitRequest } from '../port.ts';
import { makeTree } from './api/edited-tree.ts';
import { type GitHubResponse, isSuccess, wordsOf } from './api/response.ts';
import { advanced } from './api/snapshot.ts';
import type { Branches } from './branches.ts';
import type { RepositoryCache } from './cache.ts';
import type { GitHubClient } from './client.ts';
import { ruledOut } from './errors.ts';

const madeSchema = z.object({ sha: z.string() });

/**
 * Makes a commit by the Git Data API: a tree with all edits, a commit of it, and the branch moved there. Only the last
 * of these changes what anybody sees.
 *
 * @see https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-your-git-database
 */
export async function makeCommit(
  client: GitHubClient,
  cache: RepositoryCache,
  branches: Branches,
  request: CommitRequest,
): Promise<string> {
  const { branch, expectedHead, overtakes, edits, message, author, committer = author } = request;
  branchRef(branch);
  if (edits.length === 0) {
    throw new SluiceError({ code: 'git-refused', subject: `branch ${branch}`, expected: 'an edit', found: 'none' });
  }
  const { tree, changes } = await makeTree(client, cache, request).catch(async (error: unknown) => {
    // What the edits were made on may be gone, with its branch.
    const mayBeGone = isSluiceError(error, 'git-not-found', 'git-refused');
    throw (mayBeGone ? await movedFrom(client, branches, request) : undefined) ?? error;
  });
  const { sha: revision } = await client.read(madeSchema, async (send, at) =>
    send('POST /repos/{owner}/{repo}/git/commits', {
      ...at,
      message,
      tree,
      parents: overtakes === undefined ? [expectedHead] : [overtakes, expectedHead],
      ...(author === undefined ? {} : { author: oneLine(author) }),
      ...(committer === undefined ? {} : { committer: oneLine(committer) }),
    }),
  );
  await moveBranch(client, cache, branches, request, revision);
  cache.saw(branch, revision);
  cache.keepTree(revision, tree);
  cache.keepSnapshot(revision, advanced(cache.snapshot(expectedHead), changes));
  for (const { text } of edits) {
    const content = Buffer.from(text);
    cache.keepContent(blobId(content), content);
  }
  return revision;
}

async function moveBranch(
  client: GitHubClient,
  cache: RepositoryCache,
  branches: Branches,
  request: CommitRequest,
  revision: string,
): Promise<void> {
  const { branch, newBranch = false } = request;
  // A branch that was set back to an older commit would be moved on, over what somebody took out of it.
  const isSure = newBranch || (request.overtakes === undefined && cache.sawLately(branch, request.expectedHead));
  const surprise = isSure ? undefined : await movedFrom(client, branches, request);
  if (surprise !== undefined) {
    throw surprise;
  }
  const reply = await client.ask(
    async (send, at) =>
      newBranch
        ? send('POST /repos/{owner}/{repo}/git/refs', { ...at, ref: `refs/heads/${branch}`, sha: revision })
        : send('PATCH /repos/{owner}/{repo}/git/refs/{ref}', {
            ...at,
            ref: `heads/${branch}`,
            sha: revision,
            force: false,
          }),
    403,
    404,
    409,
    422,
  );
  if (!isSuccess(reply)) {
    // Trees and commits were taken a moment ago: what is refused now is refused by a rule of this branch.
    throw (
      (await movedFrom(client, branches, request)) ??
      (saysMoved(reply) ? moved(client, request, 'a newer one') : ruledOut(client.address.subject, reply))
    );
  }
}

/** Where a branch that is there must be. */
function standsAt({ expectedHead, overtakes = expectedHead }: CommitRequest): string {
  return overtakes;
}

/** The error for a branch that is elsewhere by now; undefined where it is as expected. */
async function movedFrom(
  client: GitHubClient,
  branches: Branches,
  request: CommitRequest,
): Promise<SluiceError | undefined> {
  const head = await branches.headIfAny(request.branch);
  const expected = request.newBranch === true ? undefined : standsAt(request);
  return head === expected ? undefined : moved(client, request, head ?? 'no such branch');
}

/** A look may come from a copy of the branch that is a moment behind: then only the words tell. */
function saysMoved(reply: GitHubResponse): boolean {
  return reply.status === 422 && /not a fast.forward|already exists|does not exist/i.test(wordsOf(reply));
}

function moved({ address }: GitHubClient, request: CommitRequest, found: string): SluiceError {
  const { branch, newBranch } = request;
  return new SluiceError({
    code: 'git-head-moved',
    subject: `${address.subject} branch ${branch}`,
    expected: newBranch === true ? 'no such branch' : `${standsAt(request)} at its head`,
    found,
    retryable: true,
  });
}

/** One line of a commit's header. */
function oneLine({ name, email }: CommitAuthor): CommitAuthor {
  const plain = (text: string) => text.replaceAll(/[<>\p{Cc}]/gu, '');
  return { name: plain(name), email: plain(email) };
}
