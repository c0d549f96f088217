import type { User } from './users.ts';

/** A merge request as the double keeps it. */
export interface MergeRequest {
  readonly iid: number;
  readonly author: User;
  readonly createdAt: string;
  readonly sourceBranch: string;
  readonly targetBranch: string;
  readonly notes: string[];
  title: string;
  description: string;
  state: 'opened' | 'closed' | 'merged';
  updatedAt: string;
  labels: readonly string[];
  assignees: readonly User[];
  removeSourceBranch: boolean;
  autoMerge: boolean;
  /** Whether a pipeline is running that a merge can wait for; null where there is none. */
  pipelineRuns: boolean | null;
  mergeCommit: string | null;
}
