import type { OmittedTag, Policy, StandingTag, TagFacts } from './policy.ts';
import { compareRanks, type Rank } from './rank.ts';

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
  /** How many of them it cannot rank. */
  readonly unranked: number;
  /** The best of those that it can. */
  readonly best: TagFacts | undefined;
  /** Those that would pass, and are not among them. */
  readonly omitted: readonly OmittedTag[];
}

/**
 * Asks a policy about tags, once about each.
 *
 * @param current is preferred to what is ranked alike
 * @throws SluiceError `policy-over-budget`
 */
export function survey(
  policy: Policy,
  current: StandingTag | undefined,
  all: readonly TagFacts[],
  omitted: readonly OmittedTag[] = [],
): Survey {
  const matching: TagFacts[] = [];
  let unranked = 0;
  let best: TagFacts | undefined;
  let bestRank: Rank = [];
  policy.match(all, (facts, rank) => {
    matching.push(facts);
    if (rank === undefined) {
      unranked += 1;
    } else if (best === undefined || isBetter(facts, rank, { facts: best, rank: bestRank }, current)) {
      best = facts;
      bestRank = rank;
    }
  });
  return { all, matching, unranked, best, omitted };
}

/** Those that a policy can rank, the best first. */
export function rankedTags(policy: Policy, all: readonly TagFacts[]): readonly RankedTag[] {
  const ranked: RankedTag[] = [];
  policy.match(all, (facts, rank) => {
    if (rank !== undefined) {
      ranked.push({ facts, rank });
    }
  });
  return ranked.toSorted((a, b) => compareRanks(b.rank, a.rank) || (a.facts.tag > b.facts.tag ? -1 : 1));
}

/** Of two tags always one, so that a choice does not depend on the order in which a registry lists them. */
function isBetter(facts: TagFacts, rank: Rank, than: RankedTag, current: StandingTag | undefined): boolean {
  const order = compareRanks(rank, than.rank);
  if (order !== 0) {
    return order > 0;
  }
  if (facts.tag === current?.tag || than.facts.tag === current?.tag) {
    return facts.tag === current?.tag;
  }
  return facts.tag > than.facts.tag;
}
