import { RE2JS } from 're2js';
import { byAge } from './age.ts';
import type { Policy } from './policy.ts';

/** Flux v1's globs: `*` stands for any text, also none; everything else, `?` and `[` too, for itself. */
export function globPolicy(text: string, pattern: string): Policy {
  // Linear time here too: a chain of stars backtracks without end on the built-in engine.
  const compiled = RE2JS.compile(
    pattern
      .split('*')
      .map((part) => RE2JS.quote(part))
      .join('.*'),
    RE2JS.DOTALL,
  );
  const ranks = (tag: string) => compiled.testExact(tag);
  return { text, needsCreated: true, ranks, accept: (tags) => tags.filter(ranks), compare: byAge };
}
