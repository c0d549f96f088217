import type { Hold } from '../hold/hold.ts';
import type { Site } from '../manifest/site.ts';
import type { Choice, TagFacts } from '../policy/policy.ts';

/** What holds a site back whatever its policy says; undefined where nothing does. */
export function holdOn({ policy }: Site): Hold | undefined {
  return policy?.held === undefined
    ? undefined
    : { reason: policy.held, until: undefined, isFault: policy.isHeldByFault === true };
}

/** The decision for a site that is held back. @param to what it would get, where that is known by then */
export function heldBy({ reason, until }: Hold, to?: TagFacts): Exclude<Choice, { readonly action: 'update' }> {
  return { action: 'keep', because: 'held', reason, until, ...(to && { to }) };
}
