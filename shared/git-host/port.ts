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
  readonly edits: readonly FileEdit[];
  readonly message: string;
  readonly author: CommitAuthor;
}

/** One repository at a Git host. Every method may throw {@link SluiceError} with a `git-…` code. */
export interface GitHost {
  /**
   * The commit at the head of a branch, asked of the host now.
   *
   * @throws `git-not-found` where the repository or the branch does not exist
   */
  head(branch: string): Promise<string>;

  /**
   * The YAML and JSON files at or below these paths at a revision that `head` or `commit` gave. `''` is the root.
   * Paths that do not exist hold no files. Symbolic links and submodules are not followed.
   */
  files(revision: string, paths: readonly string[]): Promise<readonly RepositoryFile[]>;

  /**
   * Puts one commit on top of `expectedHead` and moves the branch to it. Never forces.
   *
   * @returns the new commit
   * @throws `git-head-moved` (retryable, by deciding again) where the branch is elsewhere by now
   * @throws `git-unauthorized` or `git-refused` where the host does not let us write
   */
  commit(request: CommitRequest): Promise<string>;
}
