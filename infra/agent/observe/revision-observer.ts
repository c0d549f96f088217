import type { ApplyReport } from '../../../shared/queue/messages.ts';
import type { ObjectResult } from '../apply/apply-object.ts';
import type { Problem } from '../health/problem.ts';

/** What came of a revision, with the objects themselves. */
export interface RevisionOutcome {
  readonly report: ApplyReport;
  readonly results: readonly ObjectResult[];
  /** What is not healthy, of what was applied. */
  readonly unhealthy: readonly Problem[];
  /** Everything could be read and applied; what left Git was pruned. */
  readonly isWhole: boolean;
}

/** Observes the revisions of a source. No method throws: what observes a revision must not fail it. */
export interface RevisionObserver {
  readonly applying: (revision: string) => void;
  readonly waiting: (revision: string, problems: readonly Problem[]) => void;
  readonly applied: (outcome: RevisionOutcome) => void;
  /** A look found nothing to do: what was told of the revision holds, whatever failed meanwhile. */
  readonly stands: () => void;
  /** A step failed, and nothing more is known of the revision. */
  readonly failed: (error: unknown) => void;
  /** Told at each look while it lasts. */
  readonly suspended: (reason: string) => void;
  readonly resumed: () => void;
}

/** Returns an observer that passes every call on to each of these, in order. */
export function combineObservers(observers: readonly RevisionObserver[]): RevisionObserver {
  const each = (call: (one: RevisionObserver) => void) => {
    for (const one of observers) {
      call(one);
    }
  };
  return {
    applying: (revision) => each((one) => one.applying(revision)),
    waiting: (revision, problems) => each((one) => one.waiting(revision, problems)),
    applied: (outcome) => each((one) => one.applied(outcome)),
    stands: () => each((one) => one.stands()),
    failed: (error) => each((one) => one.failed(error)),
    suspended: (reason) => each((one) => one.suspended(reason)),
    resumed: () => each((one) => one.resumed()),
  };
}
