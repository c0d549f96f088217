import { confirm } from '../../../shared/decision/confirm.ts';
import { type Deciding, type Decision, decide } from '../../../shared/decision/decide.ts';
import type { TagLookup } from '../../../shared/decision/tag-lookup.ts';
import { parseReference } from '../../../shared/image/reference.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import type { TagFacts } from '../../../shared/policy/policy.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';

/** What is known of what stands at a site. */
export interface Standing {
  /** What an update before this one set there. */
  readonly moved: TagFacts | undefined;
  readonly whenSet: Deciding['whenSet'];
}

/**
 * Decides an update on its site as it stands at the head.
 *
 * @param isClaim is it somebody's words only? Then the place, the image and the tag count, and all else is asked anew
 */
export async function decideAgain(
  update: ImageUpdate,
  site: Site,
  lookUp: TagLookup,
  { moved, whenSet }: Standing,
  isClaim: boolean,
): Promise<Decision> {
  if (site.policy === undefined) {
    const reason = (site.marker && site.unautomated) ?? 'its policy was taken away';
    return { action: 'keep', because: 'no-match', reason };
  }
  // With the digest as the site writes it.
  const current = moved && { ...moved, digest: parseReference(site.image).digest };
  const standing = { current, whenSet };
  return isClaim ? decide(site, update.to.tag, lookUp, standing) : decideKnown(update, site, lookUp, standing);
}

/**
 * The decision as it was made, where nothing it stood on has changed and the registry has an image for it still; else a
 * new one on what stands there now. A digest that was looked at before costs no request.
 */
async function decideKnown(
  update: ImageUpdate,
  site: Site,
  lookUp: TagLookup,
  standing: Pick<Deciding, 'current' | 'whenSet'>,
): Promise<Decision> {
  if (site.image === update.from && site.policy?.text === update.policy) {
    return confirm({ action: 'update', to: update.to, reason: 'as decided' }, lookUp);
  }
  const { tag, digest: pinned } = parseReference(site.image);
  // A tag that was moved again: nothing but the registry tells which of its images is the last.
  const isMovedTag = tag === update.to.tag && pinned !== undefined;
  const asked = isMovedTag ? lookUp : knowing(update, lookUp);
  const decision = await decide(site, update.to.tag, asked, standing);
  if (decision.action !== 'update') {
    return decision;
  }
  if (decision.to.tag !== update.to.tag) {
    return { action: 'keep', because: 'not-newer', reason: `${decision.to.tag} is the best match by now` };
  }
  return isMovedTag && decision.to.digest !== update.to.digest
    ? { action: 'keep', because: 'not-newer', reason: leftAgain(update, decision.to.digest) }
    : decision;
}

function leftAgain({ to: { tag, digest } }: ImageUpdate, now: string | undefined): string {
  return `${tag} points to ${now} by now, no longer to ${digest}`;
}

/** Look-ups that need not ask for what the update says. */
export function knowing({ to }: ImageUpdate, lookUp: TagLookup): TagLookup {
  return {
    ...lookUp,
    facts: async (tagOrDigest, needs) => (tagOrDigest === to.tag ? to : lookUp.facts(tagOrDigest, needs)),
    firstSeen: async (version, { minAgeMillis }) => {
      const seenAt = version.digest === to.digest ? to.seenAt : undefined;
      return lookUp.firstSeen(version, { minAgeMillis, toldAt: seenAt === undefined ? undefined : Date.parse(seenAt) });
    },
  };
}
