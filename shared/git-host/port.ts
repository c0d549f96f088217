import type { PassedOver } from './passed-over.ts';
import type { PullRequests } from './pull-request.ts';

/** A text file of a repository at a revision. */
export interface RepositoryFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Content address (Git's blob id), the same for the same content: what was parsed once need not be parsed again. */
  readonly blob: string;
}

/** The whole new content of one file. */
export interface FileEdit {
  readonly path: string;
  readonly text: string;
  /** The file may be new; without it, only a regular file that is there is written. */
  readonly create?: boolean;
}

/** Who a commit is by. */
export interface CommitAuthor {
  readonly name: string;
  readonly email: string;
}

export interface CommitRequest {
  readonly branch: string;
  /** The revision that the edits were made on; the commit's only parent. */
  readonly expectedHead: string;
  /** The branch is made with this commit: it must not be there yet, and `expectedHead` is where it begins. */
  readonly newBranch?: boolean;
  /**
   * The commit that `branch` must stand at, where that is another one than `expectedHead`: the branch gets the tree of
   * `expectedHead` with the edits. What it had before stays in its history, as the first parent, where the host can
   * make such a commit; GitLab cannot, and sets the branch anew.
   */
  readonly overtakes?: string | undefined;
  readonly edits: readonly FileEdit[];
  readonly message: string;
  /** Left out, the account of the credentials; a host then signs the commit itself where it can. */
  readonly author: CommitAuthor | undefined;
  /** The author where it is left out; GitLab's API takes none. */
  readonly committer?: CommitAuthor | undefined;
  /** Asks the host not to run its pipelines for this push, where it has a way beside the message. */
  readonly skipCi?: boolean;
}

/** How a branch stands against a revision that was read before. */
export interface Comparison {
  /** The commit at the head of the branch now. */
  readonly head: string;
  /**
   * Paths of all files that differ between the two revisions, files that are gone among them; undefined where the
   * host does not tell (too many, or no common history), so that everything has to be read again.
   */
  readonly changed: readonly string[] | undefined;
}

/** A commit as a branch's history tells of it. */
export interface PastCommit {
  readonly revision: string;
  /** The whole message, trailers included. */
  readonly message: string;
  /** Milliseconds since the epoch, as the committer said. */
  readonly committedAt: number;
  /** The first is the one that it was made on; none of the first commit of all. */
  readonly parents: readonly string[];
}

/** A commit that changed a file. */
export interface FileCommit extends PastCommit {
  /** How many commits were looked through to come by it: of the file, or, with plain Git, of the branch; from 1. */
  readonly depth: number;
}

/** What is said of a commit beside it. */
export interface CommitStatus {
  readonly state: 'pending' | 'success' | 'failure';
  /** Tells statuses apart; a later one of the same name takes the place of the one before. `sluice/production` */
  readonly name: string;
  /** One line; hosts cut it at 140 or 255 characters. */
  readonly description: string;
}

/** A repository's history is looked at so many commits deep. */
export const HISTORY_DEPTH = 100;
/** The history of one file is asked for in pages of so many commits, */
export const FILE_HISTORY_PAGE = 100;
/** and not further than this. */
export const FILE_HISTORY_PAGES = 10;

/**
 * One repository at a Git host. Every method may throw {@link SluiceError} with a `git-…` code:
 * `git-not-found` where the repository or branch does not exist, `git-unauthorized`, `git-refused`,
 * `git-rate-limited` (retryable, with the seconds to wait where the host says so) or `git-unavailable` (retryable).
 */
export interface GitHost {
  /**
   * The commit at the head of a branch, asked of the host now.
   *
   * @throws `git-not-found` where the repository or the branch does not exist
   */
  head(branch: string): Promise<string>;

  /** The head of a branch, asked now, and what differs there from a revision: in one request where the host can. */
  compare(revision: string, branch: string): Promise<Comparison>;

  /**
   * The YAML and JSON files at or below these paths at a revision that `head`, `compare` or `commit` gave. `''` is the
   * root. Paths that do not exist hold no files. Symbolic links and submodules are not followed.
   *
   * @param passedOver is told of links, submodules, and files that are too large or no UTF-8, as far as the host tells
   */
  files(revision: string, paths: readonly string[], passedOver?: PassedOver): Promise<readonly RepositoryFile[]>;

  /**
   * The latest commits of a branch as it stands now, the head first, in one request; at most {@link HISTORY_DEPTH},
   * and fewer where the host knows no more.
   */
  history(branch: string): Promise<readonly PastCommit[]>;

  /**
   * The commits that changed a file, from a revision of a branch on, the newest first, as `git log -- PATH` has them: a
   * page at a time, as far as whoever asks goes on, {@link FILE_HISTORY_PAGES} of them at most. A host without such a
   * question (plain Git) looks through as many commits of the whole branch.
   *
   * @param revision the head of the branch, or a commit below it
   */
  fileHistory(branch: string, revision: string, path: string): AsyncIterable<FileCommit>;

  /**
   * The text of a file at a commit that {@link fileHistory} told of, or at a parent of one; undefined where there is no
   * such regular file, or one that is no text or too large.
   */
  fileAt(revision: string, path: string): Promise<string | undefined>;

  /**
   * Puts one commit on top of `expectedHead` and moves the branch to it, or makes the branch with it. Never forces,
   * unless GitLab is asked to overtake a branch.
   * A request of which the host's answer was lost is not sent again: whoever decides anew on the head finds out.
   *
   * @returns the new commit
   * @throws `git-head-moved` (retryable, by deciding again) where the branch is elsewhere by now, or already there
   *   though it was to be new
   * @throws `git-unauthorized` or `git-refused` where the host does not let us write
   */
  commit(request: CommitRequest): Promise<string>;

  /**
   * Whether the credentials let us commit to a branch, as far as the host tells before anything is written; true where
   * it does not tell.
   *
   * @param beside not to the branch itself, which may be protected, but to branches that we make
   * @throws `git-unauthorized` where they do not even let us read
   */
  canWrite(branch: string, beside?: boolean): Promise<boolean>;

  /** Says something beside a commit; undefined where the host has no such thing. */
  readonly setStatus?: (revision: string, status: CommitStatus) => Promise<void>;

  /** Whether the credentials let us do that with the commits of a branch, as {@link canWrite} tells of committing. */
  readonly canSetStatus?: (branch: string) => Promise<boolean>;

  /** Undefined where the host has none. */
  readonly pullRequests?: PullRequests;
}
