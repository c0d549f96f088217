import type { Problem } from '../health/problem.ts';
import type { PauseTimer } from '../http/liveness.ts';

/** Observes the progress of one reconcile. */
export interface ReconcileProgress {
  /** Runs a step and measures how long it takes; `pauseTimer` runs other work that does not count. */
  readonly step: <T>(name: 'apply' | 'health', work: (pauseTimer: PauseTimer) => Promise<T>) => Promise<T>;
  /** Called with what is not healthy yet, whenever that changes. */
  readonly waiting: (problems: readonly Problem[]) => void;
}

/** Observes nothing. */
export const noProgress: ReconcileProgress = {
  step: async (_name, work) => work(async (other) => other()),
  waiting() {},
};
