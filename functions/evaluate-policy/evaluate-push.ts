import type { Blocks } from '../../shared/decision/blocks.ts';
import { type Decision, decide, usesImage } from '../../shared/decision/decide.ts';
import type { RepositoryState } from '../../shared/decision/read-repository.ts';
import type { Skipped } from '../../shared/decision/repository-reading.ts';
import { heldBy, holdOn } from '../../shared/decision/site-hold.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import type { WhenSet } from '../../shared/decision/standing.ts';
import type { LeftOutTag } from '../../shared/decision/tag-facts.ts';
import type { TagLookup } from '../../shared/decision/tag-lookup.ts';
import { type Hold, holdFields } from '../../shared/hold/hold.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { unautomatedReason } from '../../shared/manifest/dialects/unautomated.ts';
import type { Site } from '../../shared/manifest/site.ts';
import type { TagFacts } from '../../shared/policy/policy.ts';
import type { ImagePush, ImageUpdate } from '../../shared/queue/messages.ts';

/** How an image is read: each thing is asked for once, and what cannot be read is told of once. */
export interface ImageReading {
  readonly lookUp: TagLookup;
  readonly leftOut: LeftOutTag;
}

/** What came of one push at one repository. */
export interface Evaluated {
  readonly push: ImagePush;
  readonly updates: readonly ImageUpdate[];
  /** What holds back updates that its policies ask for. */
  readonly holds: readonly Hold[];
  /** Does a manifest name its image? */
  readonly used: boolean;
  /** What cannot be read there, and may name it. */
  readonly skipped: readonly Skipped[];
  /** Why it is not done there. */
  readonly error?: unknown;
}

/** A push in each line about it. */
export function describePush(push: ImagePush): LogFields {
  return { push: push.id, image: imageOf(push), tag: push.tag };
}

/** Decides one push at each site of a repository that uses its image; what is decided before a fault counts. */
export async function evaluatePush(
  push: ImagePush,
  { repository, revision, sites, skipped, blocks, holds, whenSetAt }: RepositoryState,
  reading: ImageReading,
  log: Log,
): Promise<Evaluated> {
  const { url, branch } = repository.config;
  const image = imageOf(push);
  const told = log.with({ ...describePush(push), repository: url, branch, revision });
  const updates: ImageUpdate[] = [];
  const inForce: Hold[] = [];
  const used = sites.filter((site) => usesImage(site, image));
  const outcome = { push, updates, holds: inForce, used: used.length > 0, skipped };
  for (const site of used) {
    let decision: Decision | undefined;
    try {
      decision = await decideSite(site, push, blocks, { ...reading, whenSet: whenSetAt(site) });
    } catch (error) {
      return { ...outcome, error };
    }
    const blocked = decision?.action === 'update' ? blocks.against(image, decision.to) : undefined;
    const hold = decision?.action === 'update' && blocked === undefined ? holds.on(site) : undefined;
    tell(decision, { blocked, hold }, site, told.with(describe(site)));
    if (hold !== undefined) {
      inForce.push(hold);
    } else if (decision?.action === 'keep' && decision.because === 'held') {
      inForce.push({ until: undefined, ...decision });
    } else if (decision?.action === 'update' && blocked === undefined) {
      updates.push(updateOf(site, push, decision.to, repository, revision));
    }
  }
  return outcome;
}

interface SiteReading extends ImageReading {
  readonly whenSet: WhenSet;
}

async function decideSite(
  site: Site,
  push: ImagePush,
  blocks: Blocks,
  { lookUp, ...reading }: SiteReading,
): Promise<Decision | undefined> {
  if (site.policy === undefined) {
    return undefined;
  }
  const locked = holdOn(site);
  if (locked !== undefined) {
    return heldBy(locked);
  }
  return decide(site, push.tag, lookUp, {
    // The pushed one is told of as blocked, one that is blocked by its digest too.
    isBlocked: (tag) =>
      (tag !== push.tag || push.heldUntil !== undefined) && blocks.against(imageOf(push), { tag }) !== undefined,
    ...reading,
    // One event is all that GitHub sends of an image with several tags, and it names one of them.
    hasOtherTags: push.source === 'ghcr',
    wasHeld: push.heldUntil !== undefined,
  });
}

/** What keeps an update from going that was decided. */
interface KeptBack {
  readonly blocked: string | undefined;
  readonly hold: Hold | undefined;
}

function tell(decision: Decision | undefined, { blocked, hold }: KeptBack, site: Site, log: Log): void {
  if (decision === undefined) {
    log.info('image kept', { because: 'no-policy', reason: unautomatedReason(site) });
  } else if (blocked !== undefined) {
    log.info('image kept', { because: 'blocked', reason: blocked });
  } else if (decision.action === 'update' && hold !== undefined) {
    log.info('image kept', { from: site.image, to: decision.to.tag, ...holdFields(hold) });
  } else if (decision.action === 'update') {
    log.info('update decided', { from: site.image, to: decision.to.tag, reason: decision.reason });
  } else if (decision.action === 'keep' && decision.because === 'held') {
    const held = decision.to && { from: site.image, to: decision.to.tag };
    log.info('image kept', { ...held, ...holdFields({ until: undefined, ...decision }) });
  } else if (decision.action === 'keep') {
    log.info('image kept', { because: decision.because, reason: withDefault(decision.reason, site) });
  } else {
    log.error('policy refused', { error: decision.error, reason: decision.reason });
  }
}

/** Whoever wrote no filter looks for it in vain. */
function withDefault(reason: string, { policy }: Site): string {
  return policy?.unwritten === undefined
    ? reason
    : `${reason}; ${policy.text} counts where no ${policy.unwritten} is written`;
}

function describe(site: Site): Record<string, string> {
  return { object: site.object, container: site.container, file: site.file };
}

export function imageOf(push: ImagePush): string {
  return `${push.registry}/${push.repository}`;
}

function updateOf(
  site: Site,
  push: ImagePush,
  to: TagFacts,
  { config }: WatchedRepository,
  revision: string,
): ImageUpdate {
  return {
    version: 1,
    repository: config.url,
    branch: config.branch,
    revision,
    site: { file: site.file, object: site.object, container: site.container },
    image: imageOf(push),
    from: site.image,
    to: { tag: to.tag, digest: to.digest, created: to.created, seenAt: to.seenAt },
    policy: site.policy?.text ?? '',
    declaredIn: site.policy?.declaredIn ?? (site.marker && []),
    push: { id: push.id, source: push.source, pushedAt: push.pushedAt, receivedAt: push.receivedAt },
  };
}
