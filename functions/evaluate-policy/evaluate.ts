import { type Blocks, readBlocksInTurn } from '../../shared/decision/blocks.ts';
import { type Decision, decide, usesImage } from '../../shared/decision/decide.ts';
import { type LookUp, LookUps, type RegistryFor, slowAnswers } from '../../shared/decision/look-up.ts';
import type { RepositorySites, SiteReader, Skipped, WatchedRepository } from '../../shared/decision/repository.ts';
import { type RepositoryTime, shareOfTime } from '../../shared/decision/repository-time.ts';
import { whenSet } from '../../shared/decision/site-history.ts';
import type { WhenSet } from '../../shared/decision/standing.ts';
import type { LeftOut } from '../../shared/decision/tag-facts.ts';
import { tellLeftOutOnce } from '../../shared/decision/tell-left-out.ts';
import { isRetryable } from '../../shared/errors.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { unautomatedReason } from '../../shared/manifest/dialects/unautomated.ts';
import type { Site } from '../../shared/manifest/site.ts';
import { named } from '../../shared/operations/words.ts';
import type { TagFacts } from '../../shared/policy/policy.ts';
import type { Outcome } from '../../shared/queue/consume.ts';
import type { ImagePush, ImageUpdate } from '../../shared/queue/messages.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import { withinMillis } from '../../shared/time-limit.ts';
import { besideOthers } from '../../shared/turns.ts';
import type { Gather } from './gather.ts';
import { messagesOf } from './messages.ts';

/** What evaluate-policy holds: eyes on repositories and registries, and one queue to send to. */
export interface EvaluatePorts {
  readonly repositories: readonly WatchedRepository[];
  readonly readSites: SiteReader;
  readonly registry: RegistryFor;
  readonly updates: MessageSender;
  readonly gather: Gather;
  readonly time: RepositoryTime;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A repository as it stands now. */
interface Look extends RepositorySites {
  readonly repository: WatchedRepository;
  readonly blocks: Blocks;
}

/** How an image is read: each thing is asked for once, and what cannot be read is told of once. */
interface ImageReading {
  readonly lookUp: LookUp;
  readonly leftOut: LeftOut;
}

/** A push, and how all repositories read its image. */
interface AskedPush {
  readonly push: ImagePush;
  readonly reading: ImageReading;
}

/** What came of one push at one repository. */
interface Evaluated {
  readonly push: ImagePush;
  readonly updates: readonly ImageUpdate[];
  /** Does a manifest name its image? */
  readonly used: boolean;
  /** What cannot be read there, and may name it. */
  readonly skipped: readonly Skipped[];
  /** Why it is not done there. */
  readonly error?: unknown;
}

/**
 * Finds the sites that use each pushed image, decides each, and sends what is to be changed. However many pushes there
 * are, each repository is looked at once. What one repository or registry lets us wait for holds up no other: each has
 * its share of the time, and what is decided is sent at once.
 *
 * @param millisLeft how much time there is
 * @returns what became of each push, in their order; evaluating one again is safe
 */
export async function evaluatePushes(
  pushes: readonly ImagePush[],
  ports: EvaluatePorts,
  millisLeft: () => number,
): Promise<readonly Outcome[]> {
  await ports.gather(pushes.length);
  const lookUps = new LookUps(ports.registry);
  const asked = pushes.map((push) => ({
    push,
    reading: {
      lookUp: lookUps.of(push.registry, push.repository),
      leftOut: tellLeftOutOnce(imageOf(push), ports.log.with(describePush(push))),
    },
  }));
  const millis = shareOfTime(millisLeft(), ports.repositories.length);
  const evaluated = await Promise.all(
    ports.repositories.map(async (repository): Promise<readonly Evaluated[]> => {
      try {
        return await besideOthers(async () => {
          const look = await ports.time.spend(repository.config, millis, async () => lookAt(repository, ports));
          return evaluateAt(look, asked, ports, millisLeft);
        });
      } catch (error) {
        return pushes.map((push) => ({ push, updates: [], used: false, skipped: [], error }));
      }
    }),
  );
  const ofPush = Map.groupBy(evaluated.flat(), ({ push }) => push);
  return pushes.map((push) => outcomeOf(push, ofPush.get(push) ?? [], ports.log));
}

/** A push in each line about it. */
export function describePush(push: ImagePush): LogFields {
  return { push: push.id, image: imageOf(push), tag: push.tag };
}

async function lookAt(repository: WatchedRepository, { readSites, now }: EvaluatePorts): Promise<Look> {
  const found = await readSites(repository);
  return { ...found, repository, blocks: await readBlocksInTurn(found.blockList, now()) };
}

/** Decides all pushes at one repository; those of a registry go into one message, and wait for no other registry. */
async function evaluateAt(
  look: Look,
  pushes: readonly AskedPush[],
  ports: EvaluatePorts,
  millisLeft: () => number,
): Promise<readonly Evaluated[]> {
  const registries = Map.groupBy(pushes, ({ push }) => push.registry);
  const evaluated = [...registries.values()].map(async (some) => {
    const decided = await Promise.all(some.map(async (asked) => evaluateInTime(asked, look, ports, millisLeft)));
    try {
      await ports.updates.send(messagesOf(decided.flatMap(({ updates }) => updates)));
      return decided;
    } catch (error) {
      return decided.map(({ push, updates, used, skipped, error: before }) => ({
        push,
        updates,
        used,
        skipped,
        error: updates.length > 0 ? error : before,
      }));
    }
  });
  return (await Promise.all(evaluated)).flat();
}

async function evaluateInTime(
  { push, reading }: AskedPush,
  look: Look,
  { log }: EvaluatePorts,
  millisLeft: () => number,
): Promise<Evaluated> {
  const millis = shareOfTime(millisLeft(), 1);
  try {
    return await withinMillis(
      millis,
      () => slowAnswers(push.registry, push.repository, millis),
      async () => evaluatePush(push, look, reading, log),
    );
  } catch (error) {
    return { push, updates: [], used: true, skipped: [], error };
  }
}

/** Failed where it is not done at one of the repositories; what may succeed later goes before what will not. */
function outcomeOf(push: ImagePush, evaluated: readonly Evaluated[], log: Log): Outcome {
  const errors = evaluated.flatMap(({ error }) => (error === undefined ? [] : [error]));
  if (errors.length > 0) {
    return { error: errors.find(isRetryable) ?? errors[0] };
  }
  if (!evaluated.some(({ used }) => used)) {
    const files = new Set(evaluated.flatMap(({ skipped }) => skipped.map(({ file }) => file)));
    log.info('image not used', { ...describePush(push), reason: notNamed(push, [...files]) });
  }
  return undefined;
}

function notNamed(push: ImagePush, unread: readonly string[]): string {
  const reason = `no manifest of the configured repositories names ${imageOf(push)}`;
  return unread.length === 0 ? reason : `${reason}, as far as they can be read: not ${named(unread)}`;
}

async function evaluatePush(push: ImagePush, look: Look, reading: ImageReading, log: Log): Promise<Evaluated> {
  const { repository, revision, sites, skipped, blocks } = look;
  const { url, branch } = repository.config;
  const image = imageOf(push);
  const told = log.with({ ...describePush(push), repository: url, branch, revision });
  const updates: ImageUpdate[] = [];
  const used = sites.filter((site) => usesImage(site, image));
  for (const site of used) {
    const decision = await decideSite(site, push, blocks, {
      ...reading,
      whenSet: whenSetAt(site, repository, revision),
    });
    const blocked = decision?.action === 'update' ? blocks.against(image, decision.to) : undefined;
    tell(decision, blocked, site, told.with(describe(site)));
    if (decision?.action === 'update' && blocked === undefined) {
      updates.push(updateOf(site, push, decision.to, repository, revision));
    }
  }
  return { push, updates, used: used.length > 0, skipped };
}

interface SiteReading extends ImageReading {
  readonly whenSet: WhenSet;
}

function whenSetAt(site: Site, { host, config: { branch } }: WatchedRepository, revision: string): WhenSet {
  return async () => whenSet(site, { host, branch, revision });
}

async function decideSite(
  site: Site,
  push: ImagePush,
  blocks: Blocks,
  { lookUp, ...reading }: SiteReading,
): Promise<Decision | undefined> {
  if (site.policy === undefined || site.policy.held !== undefined) {
    return undefined;
  }
  return decide(site, push.tag, lookUp, {
    // The pushed one is told of as blocked, one that is blocked by its digest too.
    isBlocked: (tag) => tag !== push.tag && blocks.against(imageOf(push), { tag }) !== undefined,
    ...reading,
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
