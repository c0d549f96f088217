import type { FileCommit, PastCommit } from '../git-host/port.ts';
import type { SetVersion, SiteName } from './trailers.ts';

/** A place as it stands now. */
export interface StandingSite extends SiteName {
  /** The reference as it is written, with its tag: `nginx:1.27`. */
  readonly image: string;
}

/** What was at a place before. */
export interface SiteHistory {
  /** The commits that changed its file, the newest first. */
  readonly commits: AsyncIterable<FileCommit>;
  /** The latest commits of its branch, the newest first: a merge may hide those that set the place from its file's. */
  readonly ofBranch?: (() => Promise<readonly PastCommit[]>) | undefined;
  /** The image that stood at the place in a commit; undefined where the place was not there. */
  readonly imageAt: (revision: string) => Promise<string | undefined>;
  /** What of the place was merged, as the host says, by pull requests of ours: its commit may say nothing of it. */
  readonly merged?: readonly MergedVersion[] | undefined;
  /** What of the place waited on a push branch of ours: a person who squashes it has words of his own. */
  readonly proposed?: readonly ProposedVersion[] | undefined;
}

/** A version that Sluice set at a place of a push branch. */
export interface ProposedVersion extends SetVersion {
  /** When that was, in milliseconds since the epoch. */
  readonly proposedAt: number;
}

/** A version that a pull request of ours set at a place. */
export interface MergedVersion extends SetVersion {
  /** When it was merged, in milliseconds since the epoch. */
  readonly mergedAt: number;
}

/** A commit, when it was made, in milliseconds since the epoch, as the committer said, and what it was made on. */
export type CommitTime = Pick<FileCommit, 'revision' | 'committedAt' | 'parents'>;

/** A version that a person moved a place away from. A value: what is remembered of it holds no file. */
export interface RolledBack {
  readonly tag: string;
  readonly digest?: string;
  /** The commit in which Sluice had set it. */
  readonly revision: string;
  /** When that was, in milliseconds since the epoch. */
  readonly setAt: number;
  /** The commits that changed the file since, the newest first; none where it stands there still. */
  readonly newer: readonly CommitTime[];
  /** Is that so long ago that its history will not tell of it for much longer? */
  readonly isFar: boolean;
}

/** The version of its image that Sluice set last at a place. */
export interface LastSet extends RolledBack {
  /** Does it stand there still? Else a person moved it away. */
  readonly stands: boolean;
}

/** Of so many commits that say that Sluice made them the file is read, and of as many for when it was moved away. */
export const MAX_CHECKED = 20;
