import { isSluiceError, type SluiceError } from '../errors.ts';
import { imageName, parseReference } from '../image/reference.ts';
import type { Site } from '../manifest/site.ts';
import { choose } from '../policy/choose.ts';
import type { Choice, Policy, StandingTag, TagFacts } from '../policy/policy.ts';
import { chooseAmongAll } from './choose-among-all.ts';
import { confirm, withoutImage } from './confirm.ts';
import { holdYoung } from './hold-young.ts';
import { policies } from './repository-work.ts';
import { standingAt, type WhenSet } from './standing.ts';
import type { LeftOutTag } from './tag-facts.ts';
import type { TagLookup } from './tag-lookup.ts';

/** What was decided for one site, with the words for it. A `refuse` is a fault of the policy: nothing matches it. */
export type Decision = Choice | { readonly action: 'refuse'; readonly error: SluiceError; readonly reason: string };

export interface Deciding {
  /** What is known of the tag that stands at the site, where the caller knows it already. */
  readonly current?: TagFacts | undefined;
  /** Tags that must not be set, whatever the policy says. */
  readonly isBlocked?: (tag: string) => boolean;
  /** Is told of a tag that cannot be read, where the choice is among all. */
  readonly leftOut?: LeftOutTag | undefined;
  /** When Sluice set what stands there: asked only where that does not say when it was built. */
  readonly whenSet?: WhenSet | undefined;
  /** May the image that was pushed have other tags, of which nobody told? */
  readonly hasOtherTags?: boolean;
  /** Has the push waited for the end of a hold? Then the newest of all goes, not the one that was pushed. */
  readonly wasHeld?: boolean;
}

/**
 * Decides what a site takes, now that somebody says that a tag was pushed. Nothing of what is said but the tag's name
 * counts: all else is asked of the registry.
 *
 * The registry is asked only about a tag that passes the filter, about the current one only where ages are compared or
 * it names no version, and about all only where what stands there has no rank: then the best of them is chosen, not the
 * one that happened to be pushed.
 *
 * @throws SluiceError `registry-…` where a lookup fails, `git-too-slow` where the repository's policies do not come to an
 *   end; what it names may be tried again
 */
export async function decide(
  site: Site,
  tag: string,
  lookUp: TagLookup,
  { current: known, isBlocked = () => false, leftOut, whenSet, hasOtherTags = false, wasHeld = false }: Deciding = {},
): Promise<Decision> {
  try {
    const standing = known?.tag ?? parseReference(site.image).tag;
    const policy = await policies().prepare(site.policy?.text ?? '', [tag], standing);
    const among = { policy, lookUp, isBlocked, leftOut };
    const [accepted] = policy.accept([tag]);
    if (wasHeld || (accepted === undefined && hasOtherTags)) {
      return await chooseAmongAll({ ...among, current: await standingAt(site, policy, lookUp, whenSet) });
    }
    if (accepted === undefined) {
      return choose({ policy, current: undefined, candidates: [{ tag }] });
    }
    const found = await lookUp.facts(tag, { created: policy.needsCreated });
    const fault = await withoutImage(found, policy, lookUp);
    if (fault !== undefined) {
      return fault;
    }
    const current = known ?? (await standingAt(site, policy, lookUp, whenSet));
    if (!hasRank(current, policy)) {
      return await chooseAmongAll({ ...among, current });
    }
    const choice = choose({ policy, current, candidates: [found] });
    return choice.action === 'update' ? await holdYoung(await confirm(choice, lookUp), policy, lookUp) : choice;
  } catch (error) {
    if (isSluiceError(error, 'policy-invalid', 'policy-over-budget')) {
      return { action: 'refuse', error, reason: error.message };
    }
    if (isSluiceError(error, 'registry-not-found')) {
      return { action: 'keep', because: 'not-found', reason: error.message };
    }
    throw error;
  }
}

/** Can candidates be held against what stands there? */
function hasRank(current: StandingTag | undefined, policy: Policy): boolean {
  return (
    current !== undefined && (policy.ranks(current.tag) || (policy.needsCreated && current.pointsTo !== undefined))
  );
}

/** Does this site name the image? */
export function usesImage(site: Site, name: string): boolean {
  return imageName(parseReference(site.image)) === name;
}
