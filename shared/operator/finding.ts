import { messageOf, SluiceError } from '../errors.ts';

/** What a check found. */
export interface Finding {
  readonly status: 'ok' | 'warning' | 'failure';
  /** What was looked at, as a person would name it. */
  readonly subject: string;
  readonly found: string;
  /** What to do about it. */
  readonly next?: string | undefined;
}

/** Looks at one thing, or at several of a kind; what it throws is a failure. */
export type Check = () => Promise<Finding | readonly Finding[]>;

/** Runs checks at the same time. */
export async function runChecks(checks: readonly Check[]): Promise<readonly Finding[]> {
  return (await Promise.all(checks.map(async (check) => check().catch(failureOf)))).flat();
}

/** What was thrown, as a finding. */
export function failureOf(error: unknown): Finding {
  if (!(error instanceof SluiceError)) {
    return { status: 'failure', subject: 'function', found: messageOf(error) };
  }
  const { subject, expected, found, next } = error;
  return {
    status: 'failure',
    subject,
    found: expected === undefined ? found : `expected ${expected}, found ${found}`,
    next,
  };
}
