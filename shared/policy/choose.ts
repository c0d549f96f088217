import { ageOf } from './age.ts';
import type { Choice, Policy, TagFacts } from './policy.ts';

export interface Choosing {
  readonly policy: Policy;
  /** What stands at the site; its digest only where the site pins one. Undefined where it has no tag. */
  readonly current: TagFacts | undefined;
  readonly candidates: readonly TagFacts[];
}

/**
 * Chooses the best candidate, or to keep what stands there. The order of the candidates does not matter.
 *
 * - Nothing moves to a tag that the policy ranks at or below the current one.
 * - A current tag that is not of the policy's scheme is replaced by the best candidate.
 * - Among equals the current tag wins, then the lexicographically greater one.
 * - Where ages count, an image without one takes the time of its push. Where the current one has none, a candidate
 *   that was just pushed wins over it; one that nobody saw pushed does not.
 */
export function choose({ policy, current, candidates }: Choosing): Choice {
  const accepted = new Set(policy.accept(candidates.map(({ tag }) => tag)));
  const matching = candidates.filter(({ tag }) => accepted.has(tag));
  const rankable = matching.filter((facts) => !policy.needsCreated || ageOf(facts) !== undefined);
  const best = rankable.reduce<TagFacts | undefined>((a, b) => (a === undefined ? b : better(policy, a, b)), undefined);
  if (best === undefined) {
    return matching.length === 0 ? noMatch(policy, candidates) : noAge(policy, matching);
  }
  if (current === undefined || (current.tag !== best.tag && !policy.ranks(current.tag))) {
    const standing = current === undefined ? 'no tag stands there' : `${current.tag} cannot be ranked`;
    return { action: 'update', to: best, reason: `${best.tag} is the best for ${policy.text}; ${standing}` };
  }
  return current.tag === best.tag ? sameTag(current, best) : versus(policy, current, best);
}

function versus(policy: Policy, current: TagFacts, best: TagFacts): Choice {
  if (policy.needsCreated && ageOf(current) === undefined) {
    if (best.pushedAt === undefined) {
      const reason = `it is not known when ${current.tag} was built, nor was ${best.tag} seen when it was pushed`;
      return { action: 'keep', because: 'unknown-age', reason };
    }
    const reason = `${best.tag} was just pushed, and it is not known when ${current.tag} was built`;
    return { action: 'update', to: best, reason };
  }
  if (policy.compare(best, current) > 0) {
    return { action: 'update', to: best, reason: `${best.tag} is newer than ${current.tag} by ${policy.text}` };
  }
  const times = policy.needsCreated ? ` (built ${printAge(best)}, the current one ${printAge(current)})` : '';
  const reason = `${best.tag} ranks at or below the current ${current.tag} by ${policy.text}${times}`;
  return { action: 'keep', because: 'not-newer', reason };
}

/** A tag that was pushed again is another image, which only a site that pins digests can tell. */
function sameTag(current: TagFacts, best: TagFacts): Choice {
  if (current.digest !== undefined && best.digest !== undefined && current.digest !== best.digest) {
    return { action: 'update', to: best, reason: `${best.tag} points to another digest now` };
  }
  return { action: 'keep', because: 'already-current', reason: `${current.tag} stands there already` };
}

function better(policy: Policy, a: TagFacts, b: TagFacts): TagFacts {
  const ranked = policy.compare(a, b);
  if (ranked !== 0) {
    return ranked > 0 ? a : b;
  }
  return a.tag >= b.tag ? a : b;
}

function noMatch(policy: Policy, candidates: readonly TagFacts[]): Choice {
  const [only, ...others] = candidates;
  const reason =
    only !== undefined && others.length === 0
      ? `tag ${only.tag} does not pass ${policy.text}`
      : `no tag passes ${policy.text} (${candidates.length} tags seen)`;
  return { action: 'keep', because: 'no-match', reason };
}

function noAge(policy: Policy, matching: readonly TagFacts[]): Choice {
  const count = matching.length === 1 ? `tag ${matching[0]?.tag} passes` : `${matching.length} tags pass`;
  const reason = `${count} ${policy.text}, but it is not known when the image was built or pushed`;
  return { action: 'keep', because: 'unknown-age', reason };
}

function printAge(facts: TagFacts): string {
  const age = ageOf(facts);
  return age === undefined ? 'at an unknown time' : new Date(age).toISOString();
}
