import type { Holds } from '../../../shared/decision/holds.ts';
import { holdOn } from '../../../shared/decision/site-hold.ts';
import type { NotRead } from '../../../shared/decision/sluice-files.ts';
import type { TagLookup } from '../../../shared/decision/tag-lookup.ts';
import { isRetryable } from '../../../shared/errors.ts';
import type { FileEdit, RepositoryFile } from '../../../shared/git-host/port.ts';
import { siteKey } from '../../../shared/history/trailers.ts';
import { retag } from '../../../shared/image/reference.ts';
import type { Origin } from '../../../shared/manifest/declarations/dialect.ts';
import { EditedManifests } from '../../../shared/manifest/edited-manifests.ts';
import { imageAfter } from '../../../shared/manifest/marked-image.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { asksForDigest } from '../../../shared/policy/parse.ts';
import type { TagFacts } from '../../../shared/policy/policy.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import { decideAgain } from './decide-again.ts';
import { standingSite } from './standing-site.ts';
import { drop, type UpdateResult, withoutSteps } from './update-result.ts';

/** The new content of the files, and what became of each update, in their order. */
export interface AppliedUpdates {
  readonly edits: readonly FileEdit[];
  readonly results: readonly UpdateResult[];
}

/** What people have said of versions. */
interface Guards {
  /** Why a site must not take an update that its policy asks for; undefined where it may. `site` is as it stands. */
  heldBack(update: ImageUpdate, site: Site): Promise<string | undefined>;
  /** When Sluice set what stands at a site, in milliseconds since the epoch, as its history tells. */
  whenSet(site: Site): Promise<number | undefined>;
}

interface ApplyPorts {
  /** Asks the registry of an image: whether it is one, and all else where a site has moved since it was decided. */
  readonly lookUpFor: (image: string) => TagLookup;
  /** What people have said; left out where it was heeded before. */
  readonly guards?: Guards;
  /** What holds sites now. What waits for somebody to merge it, a claim, goes on waiting in a freeze. */
  readonly holds?: Holds;
  /** Is an update somebody's words only? Of those the place, the image and the tag count, and are decided anew. */
  readonly isClaim?: ((update: ImageUpdate) => boolean) | undefined;
  /** Files that are there and were not read. */
  readonly passedOver?: readonly NotRead[] | undefined;
  /** Where the files were read. */
  readonly origin?: Origin | undefined;
}

/**
 * Applies updates to the files as they stand at the head, deciding each one again there: what a person or another
 * update changed in the meantime counts, and nothing moves backwards. A file that cannot be edited fails its own
 * updates only.
 *
 * @throws what may succeed later, where it is about a claim
 */
export async function applyUpdates(
  updates: readonly ImageUpdate[],
  files: readonly RepositoryFile[],
  ports: ApplyPorts,
): Promise<AppliedUpdates> {
  const manifests = new EditedManifests(files, ports.origin);
  const moved = new Map<string, TagFacts>();
  const results: UpdateResult[] = [];
  for (const update of updates) {
    try {
      results.push(await applyOne(update, manifests, moved, ports));
    } catch (error) {
      // Nobody has a claim come again: what would be taken for gone is tried again with all others.
      if (ports.isClaim?.(update) === true && isRetryable(error)) {
        throw error;
      }
      results.push({ update, action: 'fail', error });
    }
  }
  return { edits: manifests.edits(), results: withoutSteps(results) };
}

async function applyOne(
  given: ImageUpdate,
  manifests: EditedManifests,
  moved: Map<string, TagFacts>,
  { lookUpFor, guards, holds = { on: holdOn }, isClaim = () => false, passedOver = [] }: ApplyPorts,
): Promise<UpdateResult> {
  const found = await standingSite(given, manifests, passedOver);
  if ('action' in found) {
    return found;
  }
  const { site, manifest } = found;
  const pin = asksForDigest(site.policy?.text ?? '');
  if (imageAfter(site, retag(site.image, { ...given.to, pin })) === site.image) {
    return drop(given, `${site.image} stands there already`);
  }
  const hold = isClaim(given) ? holdOn(site) : holds.on(site);
  if (hold !== undefined) {
    return { ...drop(given, hold.reason), hold };
  }
  const key = siteKey(given.site);
  const standing = { moved: moved.get(key), whenSet: guards && (async () => guards.whenSet(site)) };
  const decision = await decideAgain(given, site, lookUpFor(given.image), standing, isClaim(given));
  if (decision.action !== 'update') {
    return drop(given, decision.reason);
  }
  const update = isClaim(given) ? confirmed(given, site, decision.to) : given;
  const held = await guards?.heldBack(update, site);
  if (held !== undefined) {
    return drop(given, held);
  }
  const { tag, digest, created } = update.to;
  const wanted = retag(site.image, { tag, digest, pin });
  await manifests.setImage(given.site.file, manifest, site, wanted);
  moved.set(key, { tag, digest, created });
  return { update, action: 'change', from: site.image, to: imageAfter(site, wanted) };
}

/** A claim with what the manifest and the registry say in the place of its own words. */
function confirmed(claim: ImageUpdate, site: Site, { tag, digest, created }: TagFacts): ImageUpdate {
  return { ...claim, from: site.image, to: { tag, digest, created }, policy: site.policy?.text ?? '' };
}
