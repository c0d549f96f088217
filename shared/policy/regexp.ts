import { type Context, createContext, Script } from 'node:vm';
import { messageOf, SluiceError } from '../errors.ts';
import { byAge } from './age.ts';
import { BoundedMap } from './bounded-map.ts';
import { withinBudget } from './budget.ts';
import { parseConstraint } from './constraint.ts';
import { LinearPattern } from './linear-pattern.ts';
import { overBudget } from './over-budget.ts';
import { patternSize } from './pattern-size.ts';
import type { Policy } from './policy.ts';
import { doesNotPass } from './refusal.ts';

/** Of the processor, for all tags that a policy is asked about at once, on the engine that can take exponential time. */
const BUDGET_MILLIS = 100;

/** Tags have 128 characters at most, and patterns of people are shorter still. */
const MAX_PATTERN = 256;
/** Steps of a pattern once its repetitions are written out; `[0-9a-f]{40}` has 40. Each tag may take each of them. */
const MAX_STEPS = 2000;
/** So few tags that it is the pattern that takes the time, and not their number. */
const FEW_TAGS = 10;
/** A pattern that took all of its time so often for few tags is not run again. */
const MAX_STRIKES = 3;
/** Of all patterns. */
const MAX_VERDICTS = 1000;

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
  requireSmall(text, pattern);
  requireNoRange(text, pattern);
  const linear = linearMatcher(pattern);
  const accept = linear ?? budgetedMatcher(text, pattern);
  return {
    text,
    needsCreated: true,
    isLinear: linear !== undefined,
    accept,
    ranks: (tag) => accept([tag]).length > 0,
    refusal: (tag) => doesNotPass(tag, text),
    compare: byAge,
  };
}

/** Stands for itself in a pattern that is a range too, and in no tag. */
const IN_NO_TAG = /[~<>=!,\s]/;

/**
 * `~1.0` and `>=1, <2` are patterns that no tag passes, and `~1||~2` is one that all pass.
 *
 * @throws SluiceError `policy-invalid`
 */
function requireNoRange(text: string, pattern: string): void {
  const [foreign] = IN_NO_TAG.exec(pattern) ?? [];
  const isPadded = pattern !== pattern.trim();
  if (isPadded || (foreign !== undefined && parseConstraint(pattern) !== undefined)) {
    throw new SluiceError({
      code: 'policy-invalid',
      subject: `policy ${text}`,
      expected: 'a regular expression for tags',
      found: isPadded ? 'one with a space around it, which no tag has' : `${JSON.stringify(foreign)}, which no tag has`,
    });
  }
}

/** @throws SluiceError `policy-invalid` for what would take long to compile or to run, in linear time too */
function requireSmall(text: string, pattern: string): void {
  const steps = pattern.length > MAX_PATTERN ? 0 : patternSize(pattern);
  if (pattern.length > MAX_PATTERN || steps > MAX_STEPS) {
    const isLong = pattern.length > MAX_PATTERN;
    throw new SluiceError({
      code: 'policy-invalid',
      subject: `policy ${text.slice(0, MAX_PATTERN)}`,
      expected: isLong ? `a pattern of at most ${MAX_PATTERN} characters` : `repetitions of at most ${MAX_STEPS} steps`,
      found: isLong ? `${pattern.length}` : `${steps}`,
      next: isLong ? 'Write a shorter one.' : 'Repeat less: a tag has 128 characters at most.',
    });
  }
}

function linearMatcher(pattern: string): Matcher | undefined {
  try {
    const compiled = new LinearPattern(pattern);
    return (tags) => compiled.foundIn(tags);
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
  let strikes = 0;
  const match = (tags: readonly string[]): Verdict => {
    try {
      return { matched: matchInSandbox(pattern, tags) };
    } catch (cause) {
      strikes += tags.length <= FEW_TAGS ? 1 : 0;
      return { error: tookItsTime(text, tags, cause) };
    }
  };
  return (tags) => {
    if (strikes >= MAX_STRIKES) {
      throw tookItsTime(text, tags, undefined);
    }
    // Many sites ask about the same tag, each of them more than once.
    const verdict =
      tags.length > FEW_TAGS ? match(tags) : verdicts.getOrMake([text, ...tags].join('\n'), () => match(tags));
    if ('error' in verdict) {
      throw verdict.error;
    }
    return verdict.matched;
  };
}

/** By the text of the policy and the tags. */
const verdicts = new BoundedMap<string, Verdict>(MAX_VERDICTS);

type Verdict = { readonly matched: readonly string[] } | { readonly error: SluiceError };

function tookItsTime(text: string, tags: readonly string[], cause: unknown): SluiceError {
  return overBudget({ text, isLinear: false, tags: tags.length, answered: 0, budgetMillis: BUDGET_MILLIS, cause });
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
