import { isSluiceError } from '../errors.ts';
import { isArtifactTag } from '../image/artifact.ts';
import { parseReference } from '../image/reference.ts';
import type { Site } from '../manifest/site.ts';
import type { Policy, StandingTag, TagFacts } from '../policy/policy.ts';
import { concernsOneImage } from '../registry/image-failure.ts';
import { withoutImage } from './confirm.ts';
import type { TagLookup } from './tag-lookup.ts';

/** A runtime takes this tag where none is written. */
const NO_TAG = 'latest';

/**
 * What stands at a site, as a policy compares it; undefined where no image does: the name of no version that the registry
 * has, or what is no image. A named version that left the registry keeps its name and has no age.
 *
 * The registry is asked where ages count, and for a name that says no version.
 *
 * @param whenSet asked where ages count and this one's is not known
 */
export async function standingAt(
  site: Site,
  policy: Policy,
  lookUp: TagLookup,
  whenSet: WhenSet = async () => undefined,
): Promise<StandingTag | undefined> {
  const { tag, digest } = parseReference(site.image);
  const isVersion = tag !== undefined && (tag.toLowerCase() !== NO_TAG || policy.ranks(tag));
  if (isVersion && !policy.needsCreated) {
    return { tag, digest };
  }
  if (isVersion && isArtifactTag(tag)) {
    return undefined;
  }
  let unknown: StandingTag['unknown'] = 'gone';
  const found = await factsIfAny(digest ?? tag ?? NO_TAG, policy, lookUp).catch((error: unknown) => {
    // What cannot be read has no known age, and is not gone: a mere name may be anything then.
    if (concernsOneImage(error) && (isVersion || digest !== undefined)) {
      unknown = 'unreadable';
      return undefined;
    }
    throw error;
  });
  const isNothing =
    found === undefined
      ? !isVersion && digest === undefined
      : (await withoutImage(found, policy, lookUp)) !== undefined;
  if (isNothing) {
    return undefined;
  }
  const name = tag ?? digest ?? NO_TAG;
  const standing = found === undefined ? { tag: name, digest, unknown } : { tag: name, digest, created: found.created };
  return isVersion
    ? { ...standing, ...(await boundOf(found, policy, whenSet)) }
    : { ...standing, pointsTo: found?.digest ?? digest };
}

/** When Sluice set what stands at a site, in milliseconds since the epoch; undefined where it is not known to have. */
export type WhenSet = () => Promise<number | undefined>;

/** An image that does not say when it was built, or is gone, was built before Sluice set it. */
async function boundOf(found: TagFacts | undefined, { needsCreated }: Policy, whenSet: WhenSet) {
  const time = needsCreated && found?.created === undefined ? await whenSet() : undefined;
  return time === undefined ? {} : { builtBefore: new Date(time).toISOString() };
}

/** @throws SluiceError `registry-…`, but undefined for what is not there */
export async function factsIfAny(
  tagOrDigest: string,
  { needsCreated }: Policy,
  lookUp: TagLookup,
): Promise<TagFacts | undefined> {
  try {
    return await lookUp.facts(tagOrDigest, { created: needsCreated });
  } catch (error) {
    if (isSluiceError(error, 'registry-not-found')) {
      return undefined;
    }
    throw error;
  }
}
