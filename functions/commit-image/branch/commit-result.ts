import type { RollbackNotes } from '../../../shared/block-list/edit.ts';
import type { PullRequest } from '../../../shared/git-host/pull-request.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { AppliedUpdates } from './apply-updates.ts';
import type { KnownRefusals } from './update-guards.ts';
import type { UpdateResult } from './update-result.ts';

/** Where a commit goes: on a branch that stands at `head`, or on a new one that begins there. */
export interface CommitPosition {
  readonly branch: string;
  /** What the commit is made on. */
  readonly head: string;
  readonly isNew?: boolean;
  /** Where the branch stands, if that is elsewhere: what it has is given up for what `head` has. */
  readonly overtakes?: string | undefined;
}

/** What came of updates at a head; no commit where nothing was left to change. */
export interface CommitResult {
  readonly head: string;
  readonly commit: string | undefined;
  readonly results: readonly UpdateResult[];
  readonly pullRequest?: PullRequest;
  /** What is to be written down of rollbacks. */
  readonly notes: RollbackNotes;
  /** Where that goes, on top of the commit; undefined where no branch was made. */
  readonly notesAt: (CommitPosition & Pick<CommitOptions, 'trailers'>) | undefined;
}

/** Updates applied where people have their say, and what is to be written down of that. */
export interface DecidedUpdates extends AppliedUpdates {
  readonly notes: RollbackNotes;
}

export interface DecideOptions extends KnownRefusals {
  /** Is an update somebody's words only, which have to be decided by the manifest and the registry? */
  readonly isClaim?: ((update: ImageUpdate) => boolean) | undefined;
}

export interface CommitOptions extends Omit<DecideOptions, 'declined' | 'merged'> {
  /** More lines for the end of the message. */
  readonly trailers?: string;
}
