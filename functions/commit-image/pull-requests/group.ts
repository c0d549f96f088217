import type { PullRequest } from '../../../shared/git-host/pull-request.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { Proposal } from '../message/pull-request-body.ts';

/** A group of updates, and what the host has of it already. */
export interface Group {
  readonly name: string;
  readonly updates: readonly ImageUpdate[];
  /** The one that is added to, and what it proposes. */
  readonly open: PullRequest | undefined;
  readonly proposals: readonly Proposal[];
  /** Other open ones of the group, which that one takes the place of. */
  readonly superseded: readonly PullRequest[];
  /** Closed and merged ones, the latest first. */
  readonly ended: readonly PullRequest[];
}
