import { confirm } from '../../../shared/decision/confirm.ts';
import { type Deciding, type Decision, decide, usesImage } from '../../../shared/decision/decide.ts';
import type { LookUp } from '../../../shared/decision/look-up.ts';
import { isRetryable } from '../../../shared/errors.ts';
import type { FileEdit, RepositoryFile } from '../../../shared/git-host/port.ts';
import { parseReference, retag } from '../../../shared/image/reference.ts';
import { findSite } from '../../../shared/manifest/scan.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { setImageInSteps } from '../../../shared/manifest/splice.ts';
import type { TagFacts } from '../../../shared/policy/policy.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import { inTurns } from '../../../shared/turns.ts';
import type { CommittedChange } from '../message/commit-message.ts';
import { Manifests } from './manifests.ts';

/** What became of one update when it was folded into the tree at the head. */
export type Folded =
  | (CommittedChange & { readonly action: 'change' })
  | {
      readonly update: ImageUpdate;
      readonly action: 'drop';
      readonly reason: string;
      /** Its place is not in the tree. */
      readonly isMissing?: boolean;
    }
  | { readonly update: ImageUpdate; readonly action: 'fail'; readonly error: unknown };

/** The new content of the files, and what became of each update, in their order. */
export interface Fold {
  readonly edits: readonly FileEdit[];
  readonly folded: readonly Folded[];
}

/** Why a site must not take an update that its policy asks for; undefined where it may. `site` is as it stands. */
export type HoldBack = (update: ImageUpdate, site: Site) => Promise<string | undefined>;

export interface FoldPorts {
  /** Asks the registry of an image: whether it is one, and all else where a site has moved since it was decided. */
  readonly lookUpFor: (image: string) => LookUp;
  readonly holdBack: HoldBack;
  /** When Sluice set what stands at a site, in milliseconds since the epoch, as its history tells. */
  readonly whenSet?: ((site: Site) => Promise<number | undefined>) | undefined;
  /** Is an update somebody's words only? Of those the place, the image and the tag count, and are decided anew. */
  readonly isClaim?: ((update: ImageUpdate) => boolean) | undefined;
}

/**
 * Folds updates into the files as they stand at the head, deciding each one again there: what a person or another
 * update changed in the meantime counts, and nothing moves backwards. A file that cannot be edited fails its own
 * updates only.
 *
 * @throws what may succeed later, where it is about a claim
 */
export async function foldUpdates(
  updates: readonly ImageUpdate[],
  files: readonly RepositoryFile[],
  ports: FoldPorts,
): Promise<Fold> {
  const manifests = new Manifests(files);
  const moved = new Map<string, TagFacts>();
  const folded: Folded[] = [];
  for (const update of updates) {
    try {
      folded.push(await foldOne(update, manifests, moved, ports));
    } catch (error) {
      // Nobody has a claim come again: what would be taken for gone is tried again with all others.
      if (ports.isClaim?.(update) === true && isRetryable(error)) {
        throw error;
      }
      folded.push({ update, action: 'fail', error });
    }
  }
  return { edits: manifests.edits(), folded: withoutSteps(folded) };
}

/** The same for updates of one place. */
export function siteKey({ file, object, container }: ImageUpdate['site']): string {
  return JSON.stringify([file, object, container]);
}

/** Of several changes of one site only the last one shows, from what stood there at first. */
function withoutSteps(folded: readonly Folded[]): readonly Folded[] {
  const changes = Map.groupBy(
    folded.filter((one) => one.action === 'change'),
    ({ update }) => siteKey(update.site),
  );
  return folded.map((one) => {
    const steps = one.action === 'change' ? (changes.get(siteKey(one.update.site)) ?? []) : [];
    const [first, last] = [steps[0], steps.at(-1)];
    if (one.action !== 'change' || first === undefined || last === undefined || steps.length === 1) {
      return one;
    }
    return one === last
      ? { ...one, from: first.from }
      : { update: one.update, action: 'drop', reason: `${last.to} came in the same commit` };
  });
}

async function foldOne(
  given: ImageUpdate,
  manifests: Manifests,
  moved: Map<string, TagFacts>,
  { lookUpFor, holdBack, isClaim = () => false, whenSet }: FoldPorts,
): Promise<Folded> {
  const { file } = given.site;
  const manifest = await manifests.get(file);
  if (manifest === undefined) {
    return { ...drop(given, `${file} is no longer there`), isMissing: true };
  }
  const { scanned } = manifest;
  const site = findSite(scanned, { ...given.site, image: given.from });
  if (site === undefined) {
    const [fault] = scanned.faults;
    return fault === undefined
      ? { ...drop(given, `${given.site.object} no longer has a container ${given.site.container}`), isMissing: true }
      : { update: given, action: 'fail', error: fault };
  }
  if (!usesImage(site, given.image)) {
    return drop(given, `${site.image} stands there, and no longer ${given.image}`);
  }
  if (retag(site.image, given.to) === site.image) {
    return drop(given, `${site.image} stands there already`);
  }
  const key = siteKey(given.site);
  const decideIt = isClaim(given) ? decideClaim : decideAgain;
  const decision = await decideIt(given, site, lookUpFor(given.image), {
    current: standingAfter(site, moved.get(key)),
    whenSet: whenSet && (async () => whenSet(site)),
  });
  if (decision.action !== 'update') {
    return drop(given, decision.reason);
  }
  const update = isClaim(given) ? confirmed(given, site, decision.to) : given;
  const held = await holdBack(update, site);
  if (held !== undefined) {
    return drop(given, held);
  }
  const wanted = retag(site.image, update.to);
  manifests.set(file, await inTurns(setImageInSteps(manifest, site, wanted)));
  moved.set(key, { tag: update.to.tag, digest: update.to.digest, created: update.to.created });
  return { update, action: 'change', from: site.image, to: wanted };
}

function drop(update: ImageUpdate, reason: string) {
  return { update, action: 'drop', reason } as const;
}

/** A claim with what the manifest and the registry say in the place of its own words. */
function confirmed(claim: ImageUpdate, site: Site, { tag, digest, created }: TagFacts): ImageUpdate {
  return { ...claim, from: site.image, to: { tag, digest, created }, policy: site.policy?.text ?? '' };
}

/** What is known of what stands at a site. */
type Standing = Pick<Deciding, 'current' | 'whenSet'>;

/** Decides on a tag of which nothing is known but that somebody names it. */
async function decideClaim({ to }: ImageUpdate, site: Site, lookUp: LookUp, standing: Standing): Promise<Decision> {
  const held = heldBy(site);
  return held ?? decide(site, to.tag, lookUp, standing);
}

/**
 * The decision as it was made, where nothing it stood on has changed and the registry has an image for it still; else a
 * new one on what stands there now. A digest that was looked at before costs no request.
 */
async function decideAgain(update: ImageUpdate, site: Site, lookUp: LookUp, standing: Standing): Promise<Decision> {
  const held = heldBy(site);
  if (held !== undefined) {
    return held;
  }
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

function heldBy({ policy }: Site): Decision | undefined {
  return policy === undefined || policy.held !== undefined
    ? { action: 'keep', because: 'no-match', reason: policy?.held ?? 'its policy was taken away' }
    : undefined;
}

/** What an update before this one set, with the digest as the site writes it. */
function standingAfter({ image }: Site, current: TagFacts | undefined): TagFacts | undefined {
  return current === undefined ? undefined : { ...current, digest: parseReference(image).digest };
}

function leftAgain({ to: { tag, digest } }: ImageUpdate, now: string | undefined): string {
  return `${tag} points to ${now} by now, no longer to ${digest}`;
}

/** Look-ups that need not ask for what the update says. */
export function knowing({ to }: ImageUpdate, lookUp: LookUp): LookUp {
  return {
    ...lookUp,
    facts: async (tagOrDigest, needs) => (tagOrDigest === to.tag ? to : lookUp.facts(tagOrDigest, needs)),
  };
}
