import { withoutUser } from '../../git/address.ts';
import { RemoteRepository, type RepositoryOptions } from '../../git/wire/repository.ts';
import { MAX_FILE_BYTES } from '../manifest-file.ts';
import type { GitHost } from '../port.ts';
import { canWrite } from './access.ts';
import { Branches } from './branches.ts';
import { makeCommit } from './commit.ts';
import { FileHistory } from './file-history.ts';
import { readFiles } from './files.ts';

/** A repository of any host that speaks Git. */
export type PlainGitOptions = Omit<RepositoryOptions, 'maxFileBytes'>;

/** Any host that speaks Git, over HTTP(S), SSH, or a path; without the git command, a path aside. */
export function openPlainGit(options: PlainGitOptions): GitHost {
  const repository = new RemoteRepository({ ...options, maxFileBytes: MAX_FILE_BYTES });
  const subject = `repository ${withoutUser(options.url)}`;
  const branches = new Branches(repository);
  const past = new FileHistory(repository);
  return {
    head: async (branch) => branches.head(branch),
    compare: async (revision, branch) => branches.compare(revision, branch),
    history: async (branch) => branches.history(branch),
    fileHistory: (branch, revision, path) => past.history(branch, revision, path),
    fileAt: async (revision, path) => past.text(revision, path),
    files: async (revision, paths, passedOver) => readFiles(repository, subject, revision, paths, passedOver),
    commit: async (request) => makeCommit(repository, request),
    canWrite: async (branch) => canWrite(repository, branch),
  };
}
