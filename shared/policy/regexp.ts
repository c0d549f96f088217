import { compilePattern } from './compile-pattern.ts';
import { rankByAge } from './created.ts';
import type { Scheme } from './scheme.ts';

/**
 * Tags that a regular expression finds itself in, the one that was built last first.
 *
 * @throws SluiceError `policy-invalid` for a pattern that no engine takes
 */
export function regexpScheme(policy: string, pattern: string): Scheme {
  const compiled = compilePattern(policy, pattern);
  return {
    needsCreated: true,
    isLinear: compiled.isLinear,
    dropsLatest: true,
    accept: (texts) => compiled.foundIn(texts),
    noteOn: () => undefined,
    recognises: (text) => compiled.foundIn([text]).length > 0,
    rank: (_, facts) => rankByAge(facts),
  };
}
