import { ageOf } from './age.ts';
import type { TagFacts } from './policy.ts';
import type { Rank } from './rank.ts';
import type { Scheme } from './scheme.ts';

/** The images that were built last. Any tag: what it is of is for a filter to say. */
export const newestBuild: Scheme = {
  needsCreated: true,
  isLinear: true,
  accept: (texts) => texts,
  noteOn: () => undefined,
  rank: (_, facts) => rankByAge(facts),
};

/** The later an image was built, the greater; undefined where it does not say. */
export function rankByAge(facts: TagFacts): Rank | undefined {
  const age = ageOf(facts);
  return age === undefined ? undefined : [age];
}
