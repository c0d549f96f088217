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
  const accepted = new Set(policy.accept(all.map(({ tag }) => tag)));
  const matching = all.filter(({ tag }) => accepted.has(tag));
  const ranked = matching.flatMap((facts) => {
    const rank = policy.rank(facts);
    return rank === undefined ? [] : [{ facts, rank }];
  });
  return { all, matching, ranked, omitted };
}
