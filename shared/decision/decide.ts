import { isSluiceError, type SluiceError } from '../errors.ts';
import { imageName, parseReference } from '../image/reference.ts';
import type { Site } from '../manifest/site.ts';
import { choose } from '../policy/choose.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Choice, Policy, TagFacts } from '../policy/policy.ts';
import type { LookUp } from './look-up.ts';

/** What was decided for one site, with the words for it. A `refuse` is a fault of the policy: nothing matches it. */
export type Decision = Choice | { readonly action: 'refuse'; readonly error: SluiceError; readonly reason: string };

/**
 * Decides whether a site takes a tag.
 *
 * The registry is asked only about a tag that passes the filter, and about the current one only where ages are
 * compared.
 *
 * @param candidate the tag, and when it was pushed where an event said so
 * @param current what is known of the tag that stands at the site, where the caller knows it already
 * @throws SluiceError `registry-…` where a lookup fails; what it names may be tried again
 */
export async function decide(
  site: Site,
  candidate: Pick<TagFacts, 'tag' | 'pushedAt'>,
  lookUp: LookUp,
  current?: TagFacts,
): Promise<Decision> {
  try {
    const policy = parsePolicy(site.policy?.text ?? '');
    const [accepted] = policy.accept([candidate.tag]);
    if (accepted === undefined) {
      return { action: 'keep', because: 'no-match', reason: `tag ${candidate.tag} does not pass ${policy.text}` };
    }
    const found = await lookUp(candidate.tag, { created: policy.needsCreated });
    return choose({
      policy,
      current: current ?? (await factsOfCurrent(site, policy, lookUp)),
      candidates: [{ ...found, pushedAt: candidate.pushedAt }],
    });
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

/** Does this site name the image? */
export function usesImage(site: Site, name: string): boolean {
  return imageName(parseReference(site.image)) === name;
}

/** What is known of the tag at a site. A tag that left the registry keeps its name and has no age. */
async function factsOfCurrent(site: Site, policy: Policy, lookUp: LookUp): Promise<TagFacts | undefined> {
  const { tag, digest } = parseReference(site.image);
  if (tag === undefined) {
    return undefined;
  }
  if (!policy.needsCreated) {
    return { tag, digest };
  }
  try {
    const { created } = await lookUp(digest ?? tag, { created: true });
    return { tag, digest, created };
  } catch (error) {
    if (isSluiceError(error, 'registry-not-found')) {
      return { tag, digest };
    }
    throw error;
  }
}
