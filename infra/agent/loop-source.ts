import type { Log } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import type { Head } from './git/source.ts';
import type { RevisionObserver } from './observe/revision-observer.ts';
import type { Reconciled } from './reconcile.ts';

/** What came of applying a commit. */
export type Made = Pick<Reconciled, 'report' | 'isCutShort'>;

/** A source as the loop uses it. */
export interface LoopSource {
  /** Returns what stands at the head of the branch. */
  head(): Promise<Head>;
  /** Applies a commit and returns what came of it; the signal ends its wait for health, not what it does before. */
  apply(commit: string, signal: AbortSignal): Promise<Made>;
  report(report: ApplyReport): Promise<void>;
  /** Reports a head that may not be applied. */
  refuse(head: Head): Promise<void>;
  /** Returns why nothing is to be applied; undefined where that is not so. */
  suspension(): Promise<string | undefined>;
  readonly observer: Pick<RevisionObserver, 'stands' | 'failed' | 'suspended' | 'resumed'>;
  readonly pollMillis: number;
  readonly log: Log;
}
