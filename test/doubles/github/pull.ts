import type { User } from './users.ts';

/** A comment under a pull request. */
export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: User;
  readonly createdAt: string;
}

/** A pull request as the double keeps it; times are in ISO 8601. */
export interface Pull {
  readonly id: number;
  readonly number: number;
  readonly user: User;
  readonly branch: string;
  readonly createdAt: string;
  readonly draft: boolean;
  base: string;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  /** Where its branch stood when it was last looked at. */
  headSha: string;
  baseSha: string;
  updatedAt: string;
  closedAt: string | null;
  mergedAt: string | null;
  mergedBy: User | null;
  mergeCommit: string | null;
  /** The method of the automatic merge that was asked for. */
  autoMerge: 'merge' | 'squash' | 'rebase' | null;
  autoMergeBy: User | null;
  readonly labels: Set<string>;
  readonly assignees: Set<User>;
  readonly comments: Comment[];
}
