import { ageOf } from './age.ts';
import type { Choice, OmittedTag, Policy, StandingTag, TagFacts } from './policy.ts';
import { tell } from './reason.ts';
import { type Survey, survey } from './survey.ts';

export interface Choosing {
  readonly policy: Policy;
  /**
   * What stands at the site; undefined where no image does. Its digest is set only where the site pins one: that asks
   * for updates of the digest too.
   */
  readonly current: StandingTag | undefined;
  /** Each tag once. */
  readonly candidates: readonly TagFacts[];
  /** What would be candidates, and must or can not be: only told of. */
  readonly omitted?: readonly OmittedTag[];
}

/**
 * Chooses the best candidate, or to keep what stands there. The order of the candidates does not matter.
 *
 * - Nothing moves to an image that the policy ranks at or below the current one. The same tag with another digest is
 *   another image: a site that pins digests takes it, unless it is known to be older.
 * - A current tag that is not of the policy's scheme is replaced by the best candidate. One that says no version
 *   (`latest`) has an age all the same: where ages count, only what was built later replaces it, or its own name.
 * - Among equals the current tag wins, then the lexicographically greater one.
 * - Where ages count, an image has the age that it tells of itself. One that does not say is not chosen, and where the
 *   current one does not say, only what was built after Sluice set it replaces it: when somebody says it was pushed
 *   proves nothing.
 *
 * @throws SluiceError `policy-over-budget`
 */
export function choose({ policy: given, current, candidates, omitted = [] }: Choosing): Choice {
  const policy = given.from?.(current?.tag) ?? given;
  const seen = survey(policy, current, candidates, omitted);
  const { best } = seen;
  if (best === undefined) {
    return seen.matching.length === 0
      ? { action: 'keep', because: 'no-match', reason: tell.noMatch(policy, seen) }
      : { action: 'keep', because: 'unknown-age', reason: tell.noAge(policy, seen) };
  }
  if (current === undefined) {
    return { action: 'update', to: best, reason: tell.nothingThere(policy, best, seen) };
  }
  if (current.tag === best.tag) {
    return sameTag(policy, current, best, seen);
  }
  return policy.ranks(current.tag) || (policy.needsCreated && current.pointsTo !== undefined)
    ? versus(policy, current, best, seen)
    : { action: 'update', to: best, reason: tell.unranked(policy, best, current, seen) };
}

function sameTag(policy: Policy, current: StandingTag, best: TagFacts, seen: Survey): Choice {
  if (current.digest === undefined && policy.pins && best.digest !== undefined) {
    return { action: 'update', to: best, reason: tell.pinned(policy, best) };
  }
  if (current.digest === undefined || best.digest === undefined || current.digest === best.digest) {
    return { action: 'keep', because: 'already-current', reason: tell.sameTag(policy, current, seen) };
  }
  if (canCompare(policy, current) && policy.compare(best, current) < 0) {
    return { action: 'keep', because: 'not-newer', reason: tell.olderDigest(policy, best, current, seen) };
  }
  return { action: 'update', to: best, reason: tell.otherDigest(best) };
}

function versus(policy: Policy, current: StandingTag, best: TagFacts, seen: Survey): Choice {
  const standing = atTheLatest(policy, current);
  const unknown = { action: 'keep', because: 'unknown-age' } as const;
  if (!canCompare(policy, standing)) {
    return { ...unknown, reason: tell.currentAge(policy, best, current, seen) };
  }
  if (!policy.ranks(current.tag) && best.digest !== undefined && best.digest === current.pointsTo) {
    return { action: 'update', to: best, reason: tell.ownName(policy, best, current, seen) };
  }
  if (policy.compare(best, standing) > 0) {
    return { action: 'update', to: best, reason: tell.newer(policy, best, standing, seen) };
  }
  return standing === current
    ? { action: 'keep', because: 'not-newer', reason: tell.notNewer(policy, best, current, seen) }
    : { ...unknown, reason: tell.currentAge(policy, best, current, seen) };
}

/** As young as it can be, where its age is not known: what is younger than that is younger than it. */
function atTheLatest({ needsCreated }: Policy, current: StandingTag): StandingTag {
  return needsCreated && ageOf(current) === undefined && current.builtBefore !== undefined
    ? { ...current, created: current.builtBefore }
    : current;
}

function canCompare(policy: Policy, current: TagFacts): boolean {
  return !policy.needsCreated || ageOf(current) !== undefined;
}
