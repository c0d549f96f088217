import { createHash } from 'node:crypto';
import type { Blocks } from '../../shared/decision/blocks.ts';
import { chooseAmongAll } from '../../shared/decision/choose-among-all.ts';
import type { RepositoryState } from '../../shared/decision/read-repository.ts';
import { policies } from '../../shared/decision/repository-work.ts';
import { standingAt, type WhenSet } from '../../shared/decision/standing.ts';
import { headFirst, type LeftOutTag } from '../../shared/decision/tag-facts.ts';
import { type RegistryFor, slowAnswers, type TagLookup, TagLookups } from '../../shared/decision/tag-lookup.ts';
import { tellLeftOutOnce } from '../../shared/decision/tell-left-out.ts';
import { isSluiceError } from '../../shared/errors.ts';
import { holdFields } from '../../shared/hold/hold.ts';
import { imageName, parseReference } from '../../shared/image/reference.ts';
import type { Log } from '../../shared/log.ts';
import type { Site } from '../../shared/manifest/site.ts';
import type { Choice, TagFacts } from '../../shared/policy/policy.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import { withinMillis } from '../../shared/time-limit.ts';
import type { HeldPushes } from './held-pushes.ts';

/** How an image is read: its tags are listed once in a sweep, and those that cannot be read are told of once. */
interface ImageReading {
  readonly lookUp: TagLookup;
  readonly leftOut: LeftOutTag;
}

/** The same for all sites that have the image, in whichever repository. */
export class ImageReadings {
  readonly #lookUps: TagLookups;
  readonly #log: Log;
  readonly #leftOut = new Map<string, LeftOutTag>();

  constructor({ registry, log }: { readonly registry: RegistryFor; readonly log: Log }) {
    this.#lookUps = new TagLookups(registry);
    this.#log = log;
  }

  of(host: string, repository: string): ImageReading {
    const image = `${host}/${repository}`;
    const leftOut = this.#leftOut.get(image) ?? tellLeftOutOnce(image, this.#log);
    this.#leftOut.set(image, leftOut);
    return { lookUp: this.#lookUps.of(host, repository), leftOut };
  }
}

/** A site to compare with its registry, within so much time. */
interface SweptSite extends Pick<RepositoryState, 'blocks' | 'holds' | 'whenSetAt'> {
  readonly site: Site;
  readonly readings: ImageReadings;
  readonly millis: number;
}

/** Where pushes go that a sweep finds. */
interface FindingPorts {
  readonly pushes: MessageSender;
  /** Those that are to wait. */
  readonly held: HeldPushes;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Compares a site with its registry, and queues a push for the best tag that is not there yet; where the site is frozen,
 * for when that ends.
 *
 * @throws SluiceError `git-too-slow`, which is about all sites of the repository
 */
export async function sweepSite(
  { site, blocks, holds, whenSetAt, readings, millis }: SweptSite,
  log: Log,
  ports: FindingPorts,
): Promise<'found' | 'current' | 'failed'> {
  try {
    const { registry, repository } = parseReference(site.image);
    const choice = await withinMillis(
      millis,
      () => slowAnswers(registry, repository, millis),
      async () => bestOf(site, blocks, { ...readings.of(registry, repository), whenSet: whenSetAt(site) }),
    );
    if (choice.action === 'keep' && choice.because === 'held') {
      await tellHeld(site, choice, log, ports);
      return 'current';
    }
    if (choice.action === 'keep') {
      log.debug('site is up to date', { reason: choice.reason });
      return 'current';
    }
    const push = pushOf(registry, repository, choice.to, ports.now());
    const hold = holds.on(site);
    if (!(await ports.held.send(push, hold?.until))) {
      await ports.pushes.send([{ body: JSON.stringify(push) }]);
    }
    const found = { push: push.id, image: imageName(parseReference(site.image)), tag: choice.to.tag };
    log.info('missed push found', { ...found, ...(hold && holdFields(hold)) });
    return 'found';
  } catch (error) {
    if (isSluiceError(error, 'git-too-slow')) {
      // It is about all sites of the repository.
      throw error;
    }
    log.error('site not swept', { error });
    return 'failed';
  }
}

/** Tells what is too young, and queues a push for when it is old enough, where that is before the next sweep. */
async function tellHeld(
  { image }: Site,
  { reason, until, to }: Extract<Choice, { readonly action: 'keep' }>,
  log: Log,
  { held, now }: FindingPorts,
): Promise<void> {
  const { registry, repository } = parseReference(image);
  if (to !== undefined) {
    await held.send(pushOf(registry, repository, to, now()), until);
  }
  log.info('image kept', { ...(to && { from: image, to: to.tag }), ...holdFields({ reason, until }) });
}

async function bestOf(
  site: Site,
  blocks: Blocks,
  { lookUp, leftOut, whenSet: when }: ImageReading & { readonly whenSet: WhenSet },
): Promise<Choice> {
  const policy = await policies().prepare(site.policy?.text ?? '', []);
  const image = imageName(parseReference(site.image));
  return chooseAmongAll({
    policy,
    current: await standingAt(site, policy, headFirst(lookUp), when),
    lookUp,
    leftOut,
    // One that is blocked by its digest, evaluate-policy finds out.
    isBlocked: (tag) => blocks.against(image, { tag }) !== undefined,
  });
}

function pushOf(registry: string, repository: string, { tag, digest }: TagFacts, now: number): ImagePush {
  const id = createHash('sha256').update(`${registry}/${repository}:${tag}@${digest} ${now}`).digest('hex');
  const receivedAt = new Date(now).toISOString();
  return { version: 1, id: id.slice(0, 32), source: 'sweep', registry, repository, tag, digest, receivedAt };
}
