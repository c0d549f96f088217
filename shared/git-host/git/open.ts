import { SluiceError } from '../../errors.ts';
import { branchRef, withoutUser } from '../../git/address.ts';
import { changedPaths, isFree, isRegular, lineAt, listFiles, type TreeFile, withEdits } from '../../git/wire/files.ts';
import { TooMuchError, TREE_LIMITS, type TreeLimits } from '../../git/wire/limits.ts';
import type { CommitParts, GitObject } from '../../git/wire/object.ts';
import { objectId } from '../../git/wire/object.ts';
import { RemoteRepository, type RepositoryOptions } from '../../git/wire/repository.ts';
import { tooLarge } from '../../git/wire/repository-failure.ts';
import { afterOthers } from '../../turns.ts';
import { isManifestPath, MAX_FILE_BYTES, requireNoPointer } from '../manifest-file.ts';
import { NO_UTF8_NAME, passedOverByMode } from '../passed-over.ts';
import { type CommitAuthor, type CommitRequest, type GitHost, HISTORY_DEPTH } from '../port.ts';
import { textFiles } from '../text-files.ts';
import { FilePast } from './file-history.ts';

/** A repository of any host that speaks Git. */
export interface PlainGitOptions extends Omit<RepositoryOptions, 'maxFileBytes'> {
  /** Not used: nothing is written to disk. */
  readonly directory?: string;
}

/** Any host that speaks Git, over HTTP(S), SSH, or a path; without the git command, a path aside. */
export function openPlainGit(options: PlainGitOptions): GitHost {
  const { url } = options;
  const repository = new RemoteRepository({ ...options, maxFileBytes: MAX_FILE_BYTES });
  const { objects } = repository;
  const subject = `repository ${withoutUser(url)}`;
  const past = new FilePast(repository);
  return {
    head: async (branch) => repository.fetchHead(branch),
    async compare(revision, branch) {
      const head = await repository.fetchHead(branch);
      const [from, to] = [objects.commit(revision), objects.commit(head)];
      return { head, changed: from && to && changesOf(repository, from, to) };
    },
    async canWrite(branch) {
      await repository.fetchHead(branch);
      return repository.isWritable();
    },
    async history(branch) {
      const commits = await repository.fetchHistory(branch, HISTORY_DEPTH);
      return commits.map(({ revision, message, seconds, parents }) => ({
        revision,
        message,
        committedAt: seconds * 1000,
        parents,
      }));
    },
    fileHistory: (branch, revision, path) => past.history(branch, revision, path),
    fileAt: async (revision, path) => past.text(revision, path),
    async files(revision, paths, passedOver = () => {}) {
      const { tree } = commitOf(repository, revision);
      const other = (path: string, mode: string | undefined) => {
        const reason = mode === undefined ? NO_UTF8_NAME : passedOverByMode(path, mode);
        if (reason !== undefined && (mode !== undefined || isManifestPath(path))) {
          passedOver(path, reason);
        }
      };
      try {
        await afterOthersIfLarge(objects, tree, paths);
        const files = listFiles(objects, tree, paths, { other }).filter(({ path }) => isManifestPath(path));
        return textFiles(subject, contentsOf(repository, files), passedOver);
      } catch (error) {
        throw tooLarge(subject, error) ?? error;
      }
    },
    async commit(request) {
      const { branch, expectedHead, overtakes = expectedHead, edits, newBranch = false, skipCi = false } = request;
      branchRef(branch);
      if (edits.length === 0) {
        throw refused(`branch ${branch}`, 'an edit', 'none');
      }
      const { tree } = commitOf(repository, expectedHead);
      for (const edit of edits) {
        refuseOther(repository, tree, edit);
      }
      const added = commitObjects(repository, tree, request);
      return repository.push(branch, newBranch ? '' : overtakes, added, skipCi ? ['ci.skip'] : []);
    },
  };
}

/** As much is looked at in a few milliseconds. */
const SMALL_TREE: TreeLimits = { ...TREE_LIMITS, maxLines: 4000, maxAgain: 1000 };

/** A large tree is looked at after what is small in other repositories. */
async function afterOthersIfLarge(objects: RemoteRepository['objects'], tree: string, paths: readonly string[]) {
  try {
    listFiles(objects, tree, paths, { limits: SMALL_TREE });
  } catch (error) {
    if (!(error instanceof TooMuchError)) {
      throw error;
    }
    await afterOthers();
  }
}

/** @throws SluiceError `git-not-found` */
function commitOf({ objects }: RemoteRepository, revision: string): CommitParts {
  const commit = objects.commit(revision);
  if (commit === undefined) {
    throw new SluiceError({
      code: 'git-not-found',
      subject: 'revision',
      expected: 'a commit that was the head of a branch',
      found: JSON.stringify(revision),
    });
  }
  return commit;
}

/** Undefined where they are too many to be looked for. */
function changesOf({ objects }: RemoteRepository, from: CommitParts, to: CommitParts): readonly string[] | undefined {
  try {
    return changedPaths(objects, from.tree, to.tree);
  } catch (error) {
    if (error instanceof TooMuchError) {
      return undefined;
    }
    throw error;
  }
}

/** What there is of them: one that is too large is not. */
function* contentsOf({ objects }: RemoteRepository, files: readonly TreeFile[]) {
  for (const file of files) {
    yield { ...file, content: objects.blob(file.blob) };
  }
}

/** Only a regular file is written, or one that is new and may be. @throws SluiceError `git-refused` */
function refuseOther(
  { objects }: RemoteRepository,
  tree: string,
  { path, create = false }: CommitRequest['edits'][number],
) {
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

function refused(subject: string, expected: string, found: string): SluiceError {
  return new SluiceError({ code: 'git-refused', subject, expected, found });
}
