import { type Context, createContext, Script } from 'node:vm';
import { RE2JS } from 're2js';
import { messageOf, SluiceError } from '../errors.ts';
import { byAge } from './age.ts';
import { withinBudget } from './budget.ts';
import type { Policy } from './policy.ts';

/** Of the processor, for all tags that a policy is asked about at once, on the engine that can take exponential time. */
const BUDGET_MILLIS = 100;

type Matcher = (tags: readonly string[]) => readonly string[];

/**
 * Tags that a regular expression finds itself in; it is not anchored, as in Go.
 *
 * It runs in linear time (RE2). What RE2 cannot express, lookaround and back-references, runs on the built-in engine
 * inside a time budget for the whole list: `^((?!tmp).)*$` is well known among Flux v1's users, though Go refuses it.
 *
 * @throws SluiceError `policy-invalid` for a pattern that neither engine takes
 */
export function regexpPolicy(text: string, pattern: string): Policy {
  const accept = linearMatcher(pattern) ?? budgetedMatcher(text, pattern);
  return { text, needsCreated: true, accept, ranks: (tag) => accept([tag]).length > 0, compare: byAge };
}

function linearMatcher(pattern: string): Matcher | undefined {
  try {
    const compiled = RE2JS.compile(pattern);
    return (tags) => tags.filter((tag) => compiled.matcher(tag).find());
  } catch {
    return undefined;
  }
}

function budgetedMatcher(text: string, pattern: string): Matcher {
  try {
    // Unicode mode refuses what it does not know: without it `\A` would be the letter A.
    RegExp(pattern, 'u');
  } catch (cause) {
    throw new SluiceError({
      code: 'policy-invalid',
      subject: `policy ${text}`,
      expected: 'a regular expression',
      found: messageOf(cause),
      cause,
    });
  }
  return (tags) => {
    try {
      return matchInSandbox(pattern, tags);
    } catch (cause) {
      throw new SluiceError({
        code: 'policy-over-budget',
        subject: `policy ${text}`,
        expected: `an answer for ${tags.length === 1 ? '1 tag' : `${tags.length} tags`} within ${BUDGET_MILLIS} ms`,
        found: 'none',
        next: 'Write it without lookaround and back-references: it runs in linear time then.',
        cause,
      });
    }
  };
}

const MATCH = new Script(
  '((regexp) => { matched = tags.filter((tag) => regexp.test(tag)); })(new RegExp(pattern, "u"))',
);
const sandbox: { pattern: string; tags: readonly string[]; matched: readonly string[] } = {
  pattern: '',
  tags: [],
  matched: [],
};
let context: Context | undefined;

/** The engine's time is limited by running it as a script. One context is kept: making it takes a millisecond. */
function matchInSandbox(pattern: string, tags: readonly string[]): readonly string[] {
  const where = context ?? createContext(sandbox);
  context = where;
  Object.assign(sandbox, { pattern, tags, matched: [] });
  withinBudget(BUDGET_MILLIS, (timeout) => MATCH.runInContext(where, { timeout }));
  return sandbox.matched;
}
