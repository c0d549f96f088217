import { RE2JS } from 're2js';
import { SluiceError } from '../errors.ts';
import { byAge } from './age.ts';
import { parseConstraint } from './constraint.ts';
import { LinearPattern } from './linear-pattern.ts';
import type { Policy } from './policy.ts';
import { doesNotPass } from './refusal.ts';

/** What no tag has, anywhere or as its first character: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const IN_NO_TAG = /^[.-]|[^\w.*-]/u;

/**
 * Flux v1's globs: `*` stands for any text, also none; everything else, `?` and `[` too, for itself.
 *
 * @throws SluiceError `policy-invalid` for one that no tag can pass: `~1.0` was meant for a range
 */
export function globPolicy(text: string, pattern: string): Policy {
  const [foreign] = IN_NO_TAG.exec(pattern) ?? [];
  if (foreign !== undefined) {
    const quoted = JSON.stringify(foreign);
    throw new SluiceError({
      code: 'policy-invalid',
      subject: `policy ${text}`,
      expected: 'a glob of letters, digits, "_", "." and "-", as tags have them, and "*" for any text',
      found: /[.-]/.test(foreign) ? `${quoted} at its start, where no tag has it` : `${quoted}, which no tag has`,
    });
  }
  // Linear time here too: a chain of stars backtracks without end on the built-in engine.
  const parts = pattern.split('*').map((part) => RE2JS.quote(part));
  const compiled = new LinearPattern(parts.join('.*'), RE2JS.DOTALL);
  const note = pattern.includes('*') ? undefined : takesAlone(pattern);
  return {
    text,
    needsCreated: true,
    isLinear: true,
    ranks: (tag) => compiled.matching([tag]).length > 0,
    accept: (tags) => compiled.matching(tags),
    refusal: (tag) => doesNotPass(tag, text, note),
    compare: byAge,
  };
}

/** `1.x` is the name of a tag, for a glob. */
function takesAlone(pattern: string): string {
  const isRange = /\bx\b/i.test(pattern) && parseConstraint(pattern) !== undefined;
  return `a glob, which takes the tag ${pattern} alone${isRange ? `; did you mean semver:${pattern}?` : ''}`;
}
