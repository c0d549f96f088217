/** A pull request, or a merge request: the same by another name. */
export interface PullRequest {
  /** As people name it: `#12`, `!12` without the sign. */
  readonly number: number;
  /** For people. */
  readonly url: string;
  readonly state: 'open' | 'closed' | 'merged';
  /** When it was closed or merged, in milliseconds since the epoch; undefined while it is open. */
  readonly endedAt?: number | undefined;
  /** The branch that is to be merged, in the same repository. */
  readonly branch: string;
  readonly title: string;
  readonly body: string;
}

export interface PullRequestText {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export interface NewPullRequest extends PullRequestText {
  readonly branch: string;
  /** The branch to merge into. */
  readonly base: string;
  readonly labels: readonly string[];
  /** User names; whom the host does not know is left out, with a warning. */
  readonly assignees: readonly string[];
  /** Merge as soon as the host's own conditions (checks, approvals, a green pipeline) are met. */
  readonly autoMerge: boolean;
}

/** Pull requests of one repository. Each method may throw {@link SluiceError} with a `git-…` code. */
export interface PullRequests {
  /**
   * Those from branches of this repository whose name begins with `branchPrefix`, into `base`, the latest first:
   * every open one, and closed and merged ones among the latest hundred.
   */
  list(base: string, branchPrefix: string): Promise<readonly PullRequest[]>;

  /**
   * Opens one. Where one from this branch is open already, that one is given instead: a lost answer may be asked for
   * again.
   */
  open(request: NewPullRequest): Promise<PullRequest>;

  /** Writes its title and body anew. */
  update(number: number, text: PullRequestText): Promise<void>;

  /** Closes it with a word on why; its branch stays. */
  close(number: number, comment: string): Promise<void>;
}
