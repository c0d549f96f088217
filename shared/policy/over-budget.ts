import { SluiceError } from '../errors.ts';

/** What of a policy took longer than it may. */
export interface OverBudget {
  /** Its text. */
  readonly text: string;
  readonly isLinear: boolean;
  readonly tags: number;
  /** So many of them have an answer. */
  readonly answered: number;
  /** Of the processor. */
  readonly budgetMillis: number;
  readonly cause?: unknown;
}

/** The error of a policy that took longer than it may: nothing matches it then. */
export function overBudget({ text, isLinear, tags, answered, budgetMillis, cause }: OverBudget): SluiceError {
  return new SluiceError({
    code: 'policy-over-budget',
    subject: `policy ${text}`,
    expected: `an answer for ${tags === 1 ? '1 tag' : `${tags} tags`} within ${budgetMillis} ms`,
    found: answered === 0 ? 'none' : `one for ${answered}`,
    next: isLinear
      ? 'Write it with fewer repetitions: each tag may take each of their steps.'
      : 'Write it without lookaround and back-references: it runs in linear time then.',
    cause,
  });
}
