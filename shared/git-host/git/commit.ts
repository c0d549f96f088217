import { branchRef } from '../../git/address.ts';
import { isFree, isRegular, lineAt, withEdits } from '../../git/wire/files.ts';
import { type GitObject, objectId } from '../../git/wire/object.ts';
import type { RemoteRepository } from '../../git/wire/repository.ts';
import { requireNoPointer } from '../manifest-file.ts';
import type { CommitAuthor, CommitRequest, FileEdit } from '../port.ts';
import { noRevision, refused } from './errors.ts';

/** Makes a commit, and pushes it with its trees and files. */
export async function makeCommit(repository: RemoteRepository, request: CommitRequest): Promise<string> {
  const { branch, expectedHead, overtakes = expectedHead, edits, newBranch = false, skipCi = false } = request;
  branchRef(branch);
  if (edits.length === 0) {
    throw refused(`branch ${branch}`, 'an edit', 'none');
  }
  const tree = repository.objects.commit(expectedHead)?.tree;
  if (tree === undefined) {
    throw noRevision(expectedHead);
  }
  for (const edit of edits) {
    refuseOther(repository, tree, edit);
  }
  const added = commitObjects(repository, tree, request);
  return repository.push(branch, newBranch ? '' : overtakes, added, skipCi ? ['ci.skip'] : []);
}

/** Only a regular file is written, or one that is new and may be. @throws SluiceError `git-refused` */
function refuseOther({ objects }: RemoteRepository, tree: string, { path, create = false }: FileEdit): void {
  const line = lineAt(objects, tree, path);
  if (line === undefined ? !(create && isFree(objects, tree, path)) : !isRegular(line)) {
    throw refused(path, 'a regular file', 'none');
  }
  requireNoPointer(path, line && objects.blob(line.id));
}

const OURSELVES: CommitAuthor = { name: 'Sluice', email: 'sluice@users.noreply.localhost' };

/** The commit, its trees and its files. */
function commitObjects({ objects }: RemoteRepository, tree: string, request: CommitRequest): readonly GitObject[] {
  const { expectedHead, overtakes, edits, message, author, committer = author } = request;
  const added = withEdits(objects, tree, new Map(edits.map(({ path, text }) => [path, Buffer.from(text, 'utf8')])));
  const [root] = added;
  const now = Math.floor(Date.now() / 1000);
  const by = (person: CommitAuthor | undefined) =>
    `${plain(person?.name ?? OURSELVES.name)} <${plain(person?.email ?? OURSELVES.email)}> ${now} +0000`;
  const head = [
    `tree ${root === undefined ? tree : objectId(root)}`,
    ...(overtakes === undefined ? [] : [`parent ${overtakes}`]),
    `parent ${expectedHead}`,
    `author ${by(author)}`,
    `committer ${by(committer)}`,
  ];
  return [{ kind: 'commit', content: Buffer.from(`${head.join('\n')}\n\n${message}`, 'utf8') }, ...added];
}

function plain(text: string): string {
  return text.replaceAll(/[<>\p{Cc}]/gu, '');
}
