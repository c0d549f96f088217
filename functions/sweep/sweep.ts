import { createHash } from 'node:crypto';
import type { Cache } from '../../shared/cache/port.ts';
import { type Blocks, readBlocks } from '../../shared/decision/blocks.ts';
import { chooseAmongAll } from '../../shared/decision/choose-among-all.ts';
import { type LookUp, lookUpImage, type RegistryFor } from '../../shared/decision/look-up.ts';
import type { SiteReader, WatchedRepository } from '../../shared/decision/repository.ts';
import { standingAt } from '../../shared/decision/standing.ts';
import { headFirst, type LeftOut } from '../../shared/decision/tag-facts.ts';
import { tellLeftOutOnce } from '../../shared/decision/tell-left-out.ts';
import { imageName, parseReference } from '../../shared/image/reference.ts';
import type { Log } from '../../shared/log.ts';
import type { Site } from '../../shared/manifest/site.ts';
import { parsePolicy } from '../../shared/policy/parse.ts';
import type { Choice, TagFacts } from '../../shared/policy/policy.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import { rememberSweep } from './last-sweep.ts';

/** What sweep holds: the same eyes as evaluate-policy, and the queue that feeds it. */
export interface SweepPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly readSites: SiteReader;
  readonly registry: RegistryFor;
  readonly pushes: MessageSender;
  /** Keeps what the last sweep came to. */
  readonly cache: Cache;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How many sites are compared at once, and how many tags are asked about at once where ages have to be. */
const CONCURRENCY = 8;
/** Nothing is begun when less time is left. */
const LEAST_MILLIS = 20_000;

/**
 * Compares every automated site with its registry and queues a push for the best tag that is not there yet. What
 * one site or repository lacks does not stop the others. Each sweep begins elsewhere: where the time is not enough for
 * all, each comes to be swept all the same.
 *
 * @param millisLeft how much time there is
 */
export async function sweepRepositories(ports: SweepPorts, millisLeft: () => number): Promise<void> {
  const { log, now } = ports;
  const counts = { sites: 0, found: 0, failed: 0, left: 0 };
  const readingOf = readEachOnce(ports);
  for (const repository of rotated(ports.repositories, now())) {
    const { url, branch } = repository.config;
    const told = log.with({ repository: url, branch });
    if (millisLeft() < LEAST_MILLIS) {
      counts.left += 1;
      continue;
    }
    try {
      const { sites, blockList } = await ports.readSites(repository);
      const blocks = readBlocks(blockList, now());
      const automated = rotated(
        sites.filter(({ policy }) => policy !== undefined && policy.held === undefined),
        now(),
      );
      for (let at = 0; at < automated.length; at += CONCURRENCY) {
        if (millisLeft() < LEAST_MILLIS) {
          counts.left += automated.length - at;
          break;
        }
        const outcomes = await Promise.all(
          automated.slice(at, at + CONCURRENCY).map(async (site) => {
            const { object, container, file } = site;
            return sweepSite(site, blocks, told.with({ object, container, file }), { ...ports, readingOf });
          }),
        );
        counts.sites += outcomes.length;
        counts.found += outcomes.filter((outcome) => outcome === 'found').length;
        counts.failed += outcomes.filter((outcome) => outcome === 'failed').length;
      }
    } catch (error) {
      counts.failed += 1;
      told.error('repository not swept', { error });
    }
  }
  if (counts.left > 0) {
    log.warn('sweep out of time', {
      ...counts,
      next: 'On AWS raise the timeout of sweep in serverless.yml.',
    });
  }
  log.info('sweep finished', counts);
  await rememberSweep(ports.cache, counts, now());
}

/** The same items, from another one on. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const first = by % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

/** How an image is read: its tags are listed once in a sweep, and those that cannot be read are told of once. */
interface ImageReading {
  readonly lookUp: LookUp;
  readonly leftOut: LeftOut;
}

/** The same for all sites that have the image, in whichever repository. */
type ReadingOf = (host: string, repository: string) => ImageReading;

function readEachOnce({ registry, log }: SweepPorts): ReadingOf {
  const readings = new Map<string, ImageReading>();
  return (host, repository) => {
    const image = `${host}/${repository}`;
    const reading = readings.get(image) ?? {
      lookUp: lookUpImage(host, repository, registry),
      leftOut: tellLeftOutOnce(image, log),
    };
    readings.set(image, reading);
    return reading;
  };
}

async function sweepSite(
  site: Site,
  blocks: Blocks,
  log: Log,
  ports: SweepPorts & { readonly readingOf: ReadingOf },
): Promise<'found' | 'current' | 'failed'> {
  try {
    const { registry, repository } = parseReference(site.image);
    const choice = await bestOf(site, blocks, ports.readingOf(registry, repository));
    if (choice.action !== 'update') {
      log.debug('site is up to date', { reason: choice.reason });
      return 'current';
    }
    const push = pushOf(registry, repository, choice.to, ports.now());
    await ports.pushes.send([{ body: JSON.stringify(push) }]);
    log.info('missed push found', { push: push.id, image: imageName(parseReference(site.image)), tag: choice.to.tag });
    return 'found';
  } catch (error) {
    log.error('site not swept', { error });
    return 'failed';
  }
}

async function bestOf(site: Site, blocks: Blocks, { lookUp, leftOut }: ImageReading): Promise<Choice> {
  const policy = parsePolicy(site.policy?.text ?? '');
  const image = imageName(parseReference(site.image));
  return chooseAmongAll({
    policy,
    current: await standingAt(site, policy, headFirst(lookUp)),
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
