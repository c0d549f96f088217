import { SluiceError } from '../errors.ts';
import { BudgetedPattern } from './budgeted-pattern.ts';
import { BuiltInPattern } from './built-in-pattern.ts';
import { parseConstraint } from './constraint.ts';
import { LinearPattern } from './linear-pattern.ts';
import type { Pattern } from './pattern.ts';
import { patternSize } from './pattern-size.ts';
import { policyInvalid } from './policy-invalid.ts';

/** Tags have 128 characters at most, and patterns of people are shorter still. */
const MAX_PATTERN = 256;
/** Steps of a pattern once its repetitions are written out; `[0-9a-f]{40}` has 40. Each tag may take each of them. */
const MAX_STEPS = 2000;

/**
 * Compiles a regular expression for tags; it is not anchored, as in Go. It runs on the first engine that fits:
 *
 * - the built-in one, where it is proved beforehand that it goes back and tries again a few times only;
 * - RE2, in linear time;
 * - for what RE2 cannot express, lookaround and back-references, the built-in one inside a time budget for the whole
 *   list: `^((?!tmp).)*$` is well known among Flux v1's users, though Go refuses it.
 *
 * @param policy the policy that has it, for errors
 * @throws SluiceError `policy-invalid` for a pattern that no engine takes
 */
export function compilePattern(policy: string, pattern: string): Pattern {
  requireSmall(policy, pattern);
  requireNoRange(policy, pattern);
  return BuiltInPattern.of(pattern) ?? linearPattern(pattern) ?? new BudgetedPattern(policy, pattern);
}

function linearPattern(pattern: string): LinearPattern | undefined {
  try {
    return new LinearPattern(pattern);
  } catch {
    return undefined;
  }
}

/** Stands for itself in a pattern that is a range too, and in no tag. */
const IN_NO_TAG = /[~<>=!,\s]/;

/**
 * `~1.0` and `>=1, <2` are patterns that no tag passes, and `~1||~2` is one that all pass.
 *
 * @throws SluiceError `policy-invalid`
 */
function requireNoRange(policy: string, pattern: string): void {
  const [foreign] = IN_NO_TAG.exec(pattern) ?? [];
  const isPadded = pattern !== pattern.trim();
  if (isPadded || (foreign !== undefined && parseConstraint(pattern) !== undefined)) {
    throw policyInvalid(
      policy,
      'a regular expression for tags',
      isPadded ? 'one with a space around it, which no tag has' : `${JSON.stringify(foreign)}, which no tag has`,
    );
  }
}

/** @throws SluiceError `policy-invalid` for what would take long to compile or to run, in linear time too */
function requireSmall(policy: string, pattern: string): void {
  const steps = pattern.length > MAX_PATTERN ? 0 : patternSize(pattern);
  if (pattern.length > MAX_PATTERN || steps > MAX_STEPS) {
    const isLong = pattern.length > MAX_PATTERN;
    throw new SluiceError({
      code: 'policy-invalid',
      subject: `policy ${policy.slice(0, MAX_PATTERN)}`,
      expected: isLong ? `a pattern of at most ${MAX_PATTERN} characters` : `repetitions of at most ${MAX_STEPS} steps`,
      found: isLong ? `${pattern.length}` : `${steps}`,
      next: isLong ? 'Write a shorter one.' : 'Repeat less: a tag has 128 characters at most.',
    });
  }
}
