import type { Problem } from '../health/problem.ts';
import type { Aside } from '../http/liveness.ts';

/** Looks on while a revision is made true. */
export interface Watch {
  /** Does a step, and measures it. */
  readonly step: <T>(name: 'apply' | 'health', work: (aside: Aside) => Promise<T>) => Promise<T>;
  /** Is told what is not healthy yet, whenever that changes. */
  readonly waiting: (problems: readonly Problem[]) => void;
}

/** Nobody looks on. */
export const UNWATCHED: Watch = {
  step: async (_name, work) => work(async (other) => other()),
  waiting() {},
};
