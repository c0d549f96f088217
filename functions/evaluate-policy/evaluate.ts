import { type Blocks, readBlocks } from '../../shared/decision/blocks.ts';
import { type Decision, decide, usesImage } from '../../shared/decision/decide.ts';
import { type LookUp, lookUpImage, type RegistryFor } from '../../shared/decision/look-up.ts';
import type { RepositorySites, SiteReader, WatchedRepository } from '../../shared/decision/repository.ts';
import type { LeftOut } from '../../shared/decision/tag-facts.ts';
import { tellLeftOutOnce } from '../../shared/decision/tell-left-out.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { unautomatedReason } from '../../shared/manifest/dialects/unautomated.ts';
import type { Site } from '../../shared/manifest/site.ts';
import type { TagFacts } from '../../shared/policy/policy.ts';
import type { Outcome } from '../../shared/queue/consume.ts';
import type { ImagePush, ImageUpdate } from '../../shared/queue/messages.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import type { Gather } from './gather.ts';
import { messagesOf } from './messages.ts';

/** What evaluate-policy holds: eyes on repositories and registries, and one queue to send to. */
export interface EvaluatePorts {
  readonly repositories: readonly WatchedRepository[];
  readonly readSites: SiteReader;
  readonly registry: RegistryFor;
  readonly updates: MessageSender;
  readonly gather: Gather;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A repository as it stands now. */
interface Look extends RepositorySites {
  readonly repository: WatchedRepository;
  readonly blocks: Blocks;
}

/**
 * Finds the sites that use each pushed image, decides each, and sends what is to be changed. However many pushes there
 * are, each repository is looked at once.
 *
 * @returns what became of each push, in their order; evaluating one again is safe
 */
export async function evaluatePushes(pushes: readonly ImagePush[], ports: EvaluatePorts): Promise<readonly Outcome[]> {
  await ports.gather(pushes.length);
  const { looks, failed } = await lookAtAll(ports);
  const lookUps = new Map<string, LookUp>();
  const evaluated = await Promise.allSettled(
    pushes.map(async (push) => {
      const image = imageOf(push);
      const lookUp = lookUps.get(image) ?? lookUpImage(push.registry, push.repository, ports.registry);
      lookUps.set(image, lookUp);
      return evaluatePush(push, looks, lookUp, ports.log);
    }),
  );
  const [send] = await Promise.allSettled([
    ports.updates.send(messagesOf(evaluated.flatMap((one) => (one.status === 'fulfilled' ? one.value.updates : [])))),
  ]);
  return evaluated.map((one) => {
    if (one.status === 'rejected') {
      return { error: one.reason };
    }
    if (send.status === 'rejected' && one.value.updates.length > 0) {
      return { error: send.reason };
    }
    if (failed === undefined && !one.value.used) {
      const { push } = one.value;
      const reason = `no manifest of the configured repositories names ${imageOf(push)}`;
      ports.log.info('image not used', { ...describePush(push), reason });
    }
    return failed && { error: failed.reason };
  });
}

/** A push in each line about it. */
export function describePush(push: ImagePush): LogFields {
  return { push: push.id, image: imageOf(push), tag: push.tag };
}

async function lookAtAll({ repositories, readSites, now }: EvaluatePorts) {
  const settled = await Promise.allSettled(
    repositories.map(async (repository): Promise<Look> => {
      const found = await readSites(repository);
      return { ...found, repository, blocks: readBlocks(found.blockList, now()) };
    }),
  );
  return {
    looks: settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    failed: settled.find((one) => one.status === 'rejected'),
  };
}

async function evaluatePush(push: ImagePush, looks: readonly Look[], lookUp: LookUp, log: Log) {
  const image = imageOf(push);
  const told = log.with(describePush(push));
  const leftOut = tellLeftOutOnce(image, told);
  const updates: ImageUpdate[] = [];
  let used = false;
  for (const { repository, revision, sites, blocks } of looks) {
    for (const site of sites.filter((candidate) => usesImage(candidate, image))) {
      used = true;
      const decision = await decideSite(site, push, blocks, { lookUp, leftOut });
      const blocked = decision?.action === 'update' ? blocks.against(image, decision.to) : undefined;
      const { url, branch } = repository.config;
      tell(decision, blocked, site, told.with({ repository: url, branch, revision, ...describe(site) }));
      if (decision?.action === 'update' && blocked === undefined) {
        updates.push(updateOf(site, push, decision.to, repository, revision));
      }
    }
  }
  return { push, updates, used };
}

interface ImageReading {
  readonly lookUp: LookUp;
  readonly leftOut: LeftOut;
}

async function decideSite(
  site: Site,
  push: ImagePush,
  blocks: Blocks,
  { lookUp, leftOut }: ImageReading,
): Promise<Decision | undefined> {
  if (site.policy === undefined || site.policy.held !== undefined) {
    return undefined;
  }
  return decide(site, push.tag, lookUp, {
    // The pushed one is told of as blocked, one that is blocked by its digest too.
    isBlocked: (tag) => tag !== push.tag && blocks.against(imageOf(push), { tag }) !== undefined,
    leftOut,
    // One event is all that GitHub sends of an image with several tags, and it names one of them.
    hasOtherTags: push.source === 'ghcr',
  });
}

function tell(decision: Decision | undefined, blocked: string | undefined, site: Site, log: Log): void {
  if (decision === undefined) {
    const reason = site.policy?.held ?? unautomatedReason(site);
    log.info('image kept', { because: site.policy === undefined ? 'no-policy' : 'held', reason });
  } else if (blocked !== undefined) {
    log.info('image kept', { because: 'blocked', reason: blocked });
  } else if (decision.action === 'update') {
    log.info('update decided', { from: site.image, to: decision.to.tag, reason: decision.reason });
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

function imageOf(push: ImagePush): string {
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
    to: { tag: to.tag, digest: to.digest, created: to.created },
    policy: site.policy?.text ?? '',
    push: { id: push.id, source: push.source, pushedAt: push.pushedAt, receivedAt: push.receivedAt },
  };
}
