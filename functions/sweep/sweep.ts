import { createHash } from 'node:crypto';
import type { Cache } from '../../shared/cache/port.ts';
import { type Blocks, readBlocks } from '../../shared/decision/blocks.ts';
import { type LookUp, lookUpImage, openRegistry, type RegistryFor } from '../../shared/decision/look-up.ts';
import type { SiteReader, WatchedRepository } from '../../shared/decision/repository.ts';
import { isSluiceError } from '../../shared/errors.ts';
import { imageName, parseReference } from '../../shared/image/reference.ts';
import type { Log } from '../../shared/log.ts';
import type { Site } from '../../shared/manifest/site.ts';
import { choose } from '../../shared/policy/choose.ts';
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

/** How many tags are asked about at once where ages have to be compared. */
const CONCURRENCY = 8;

/**
 * Compares every automated site with its registry and queues a push for the best tag that is not there yet. What
 * one site or repository lacks does not stop the others.
 */
export async function sweepRepositories(ports: SweepPorts): Promise<void> {
  const { log, now } = ports;
  const counts = { sites: 0, found: 0, failed: 0 };
  for (const repository of ports.repositories) {
    const { url, branch } = repository.config;
    const told = log.with({ repository: url, branch });
    try {
      const { sites, blockList } = await ports.readSites(repository);
      const blocks = readBlocks(blockList, now());
      for (const site of sites.filter(({ policy }) => policy !== undefined && policy.held === undefined)) {
        const outcome = await sweepSite(
          site,
          blocks,
          told.with({ object: site.object, container: site.container, file: site.file }),
          ports,
        );
        counts.sites += 1;
        counts.found += outcome === 'found' ? 1 : 0;
        counts.failed += outcome === 'failed' ? 1 : 0;
      }
    } catch (error) {
      counts.failed += 1;
      told.error('repository not swept', { error });
    }
  }
  log.info('sweep finished', counts);
  await rememberSweep(ports.cache, counts, now());
}

async function sweepSite(
  site: Site,
  blocks: Blocks,
  log: Log,
  ports: SweepPorts,
): Promise<'found' | 'current' | 'failed'> {
  try {
    const { registry, repository } = parseReference(site.image);
    const choice = await bestOf(site, blocks, registry, repository, ports.registry);
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

async function bestOf(
  site: Site,
  blocks: Blocks,
  host: string,
  repository: string,
  registryFor: RegistryFor,
): Promise<Choice> {
  const policy = parsePolicy(site.policy?.text ?? '');
  const image = imageName(parseReference(site.image));
  // One that is blocked by its digest, evaluate-policy finds out.
  const listed = await openRegistry(host, registryFor).tags(repository);
  const tags = listed.filter((tag) => blocks.against(image, { tag }) === undefined);
  const { tag: current, digest } = parseReference(site.image);
  if (!policy.needsCreated) {
    return choose({
      policy,
      current: current === undefined ? undefined : { tag: current, digest },
      candidates: tags.map((tag) => ({ tag })),
    });
  }
  const lookUp = lookUpImage(host, repository, registryFor);
  const accepted = new Set(policy.accept(tags));
  const candidates = await factsOf([...accepted], lookUp);
  const [standing] = current === undefined ? [] : await factsOf([digest ?? current], lookUp);
  return choose({
    policy,
    current: current === undefined ? undefined : { tag: current, digest, created: standing?.created },
    // The others show in the count of what was seen.
    candidates: [...candidates, ...tags.filter((tag) => !accepted.has(tag)).map((tag) => ({ tag }))],
  });
}

/** Facts of tags or digests in the order given; one that was deleted meanwhile is left out. */
async function factsOf(references: readonly string[], lookUp: LookUp): Promise<readonly TagFacts[]> {
  const facts: TagFacts[] = [];
  for (let at = 0; at < references.length; at += CONCURRENCY) {
    const looks = references.slice(at, at + CONCURRENCY).map(async (reference) => {
      try {
        return [await lookUp(reference, { created: true })];
      } catch (error) {
        if (isSluiceError(error, 'registry-not-found')) {
          return [];
        }
        throw error;
      }
    });
    facts.push(...(await Promise.all(looks)).flat());
  }
  return facts;
}

function pushOf(registry: string, repository: string, { tag, digest }: TagFacts, now: number): ImagePush {
  const id = createHash('sha256').update(`${registry}/${repository}:${tag}@${digest} ${now}`).digest('hex');
  const receivedAt = new Date(now).toISOString();
  return { version: 1, id: id.slice(0, 32), source: 'sweep', registry, repository, tag, digest, receivedAt };
}
