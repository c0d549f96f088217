import type { Git } from './git.ts';
import type { Pull } from './pull.ts';

/** What a test may set of a repository. */
export interface RepositorySettings {
  /** Nobody may write any more. */
  archived: boolean;
  /** Nobody may know of it. */
  hidden: boolean;
  autoMergeAllowed: boolean;
  /** Pull requests wait for checks, so that automatic merging has something to wait for. */
  checksRequired: boolean;
  /** A recursive tree is cut off after so many entries (100,000 at GitHub). */
  treeLimit: number;
}

/** What is said of a commit. */
export interface Status {
  readonly id: number;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly createdAt: string;
}

/** A repository and what GitHub keeps beside its Git data. */
export interface Repository {
  readonly id: number;
  readonly name: string;
  readonly git: Git;
  readonly settings: RepositorySettings;
  readonly pulls: Pull[];
  readonly statuses: Status[];
}

/** As a repository begins. */
export function newRepository(id: number, name: string, git: Git): Repository {
  const settings = {
    archived: false,
    hidden: false,
    autoMergeAllowed: true,
    checksRequired: true,
    treeLimit: 100_000,
  };
  return { id, name, git, settings, pulls: [], statuses: [] };
}
