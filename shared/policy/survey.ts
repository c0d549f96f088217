import type { OmittedTag, Policy, TagFacts } from './policy.ts';
import type { Rank } from './rank.ts';

/** A tag that passes, and its place in the order. */
export interface RankedTag {
  readonly facts: TagFacts;
  readonly rank: Rank;
}

/** What a policy makes of the tags it was shown. */
export interface Survey {
  readonly all: readonly TagFacts[];
  /** Those that pass its filter. */
  readonly matching: readonly TagFacts[];
  /** Those of them that it can rank. */
  readonly ranked: readonly RankedTag[];
  /** Those that would pass, and are not among them. */
  readonly omitted: readonly OmittedTag[];
}

/**
 * Asks a policy about tags, once about each.
 *
 * @throws SluiceError `policy-over-budget`
 */
export function survey(policy: Policy, all: readonly TagFacts[], omitted: readonly OmittedTag[] = []): Survey {
  const accepted = policy.accept(all.map(({ tag }) => tag));
  const matching: TagFacts[] = [];
  const ranked: RankedTag[] = [];
  for (const facts of all) {
    // They come in the order given.
    if (facts.tag === accepted[matching.length]) {
      matching.push(facts);
      const rank = policy.rank(facts);
      if (rank !== undefined) {
        ranked.push({ facts, rank });
      }
    }
  }
  return { all, matching, ranked, omitted };
}
