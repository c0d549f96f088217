import type { Cache } from '../../shared/cache/port.ts';
import { type ReadPorts, type RepositoryState, readRepository } from '../../shared/decision/read-repository.ts';
import { shareOfTime } from '../../shared/decision/repository-time.ts';
import { workOn } from '../../shared/decision/repository-work.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import type { RegistryFor } from '../../shared/decision/tag-lookup.ts';
import { holdFields } from '../../shared/hold/hold.ts';
import type { Log } from '../../shared/log.ts';
import type { Site } from '../../shared/manifest/site.ts';
import { delayUntil } from '../../shared/queue/delayed-push.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import { HeldPushes } from './held-pushes.ts';
import { rememberSweep, type SweepResult } from './last-sweep.ts';
import { ImageReadings, sweepSite } from './sweep-site.ts';

/** What sweep holds: the same eyes as evaluate-policy, and the queue that feeds it. */
export interface SweepPorts extends ReadPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly registry: RegistryFor;
  readonly pushes: MessageSender;
  /** Its schedule: what ends later than the next sweep is left to that one, so that no message waits for it twice. */
  readonly everySeconds?: number | undefined;
  /** Keeps what the last sweep came to. */
  readonly cache: Cache;
  readonly log: Log;
}

/** How many sites are compared at once, and how many tags are asked about at once where ages have to be. */
const CONCURRENCY = 8;
/** So many repositories are swept at once: one that does not answer holds up only those that come after it. */
const REPOSITORIES_AT_ONCE = 4;
/** Nothing is begun when less time is left. */
const LEAST_MILLIS = 20_000;

/**
 * Compares every automated site with its registry and queues a push for the best tag that is not there yet. What
 * one site or repository lacks does not stop the others, and none takes more than its share of the time. Each sweep
 * begins elsewhere: where the time is not enough for all, each comes to be swept all the same.
 *
 * @param millisLeft how much time there is
 */
export async function sweepRepositories(ports: SweepPorts, millisLeft: () => number): Promise<void> {
  const { log, now, cache } = ports;
  const counts = await new Sweep(ports, millisLeft).run();
  if (counts.left > 0) {
    log.warn('sweep out of time', {
      ...counts,
      next: 'On AWS raise the timeout of sweep in serverless.yml.',
    });
  }
  log.info('sweep finished', counts);
  await rememberSweep(cache, counts, now());
}

/** One sweep of all repositories. */
class Sweep {
  readonly #ports: SweepPorts;
  readonly #millisLeft: () => number;
  readonly #readings: ImageReadings;
  readonly #held: HeldPushes;
  readonly #waiting: WatchedRepository[];
  readonly #counts = { sites: 0, found: 0, failed: 0, left: 0 };

  constructor(ports: SweepPorts, millisLeft: () => number) {
    this.#ports = ports;
    this.#millisLeft = millisLeft;
    this.#readings = new ImageReadings(ports);
    this.#held = new HeldPushes(ports);
    this.#waiting = [...rotated(ports.repositories, ports.now())];
  }

  async run(): Promise<SweepResult> {
    await Promise.all(
      Array.from({ length: REPOSITORIES_AT_ONCE }, async () => {
        for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
          const repository = next;
          const waiting = this.#waiting.length + 1;
          await this.#sweepInTime(repository, waiting);
        }
      }),
    );
    return this.#counts;
  }

  async #sweepInTime(repository: WatchedRepository, waiting: number): Promise<void> {
    const { url, branch } = repository.config;
    const millisLeft = this.#millisLeft();
    if (millisLeft < LEAST_MILLIS) {
      this.#counts.left += 1;
      return;
    }
    const millis = shareOfTime(millisLeft, Math.ceil(waiting / REPOSITORIES_AT_ONCE));
    const told = this.#ports.log.with({ repository: url, branch });
    try {
      await workOn(repository.config, millis, async () => this.#sweepRepository(repository, millis, told));
    } catch (error) {
      this.#counts.failed += 1;
      told.error('repository not swept', { error });
    }
  }

  async #sweepRepository(repository: WatchedRepository, millis: number, log: Log): Promise<void> {
    const endsAt = performance.now() + millis;
    const state = await readRepository(repository, millis, this.#ports);
    const automated = state.sites.filter((site) => this.#isDue(site, state, log));
    await this.#sweepSites(rotated(automated, this.#ports.now()), state, endsAt, log);
  }

  /** May it be updated, before the next sweep at least? */
  #isDue(site: Site, { holds }: RepositoryState, log: Log): boolean {
    const hold = site.policy && holds.on(site);
    const isLong =
      hold !== undefined && delayUntil(hold.until, this.#ports.now(), this.#ports.everySeconds) === undefined;
    if (isLong) {
      const { object, container, file } = site;
      log.debug('site is held', { object, container, file, ...holdFields(hold) });
    }
    return site.policy !== undefined && !isLong;
  }

  /** @param endsAt by `performance.now` */
  async #sweepSites(
    sites: readonly Site[],
    { blocks, holds, whenSetAt }: RepositoryState,
    endsAt: number,
    log: Log,
  ): Promise<void> {
    const ports = { ...this.#ports, held: this.#held };
    for (let at = 0; at < sites.length; at += CONCURRENCY) {
      const millis = endsAt - performance.now();
      if (this.#millisLeft() < LEAST_MILLIS || millis <= 0) {
        this.#counts.left += sites.length - at;
        return;
      }
      const outcomes = await Promise.all(
        sites.slice(at, at + CONCURRENCY).map(async (site) => {
          const { object, container, file } = site;
          const told = log.with({ object, container, file });
          return sweepSite({ site, blocks, holds, whenSetAt, readings: this.#readings, millis }, told, ports);
        }),
      );
      this.#counts.sites += outcomes.length;
      this.#counts.found += outcomes.filter((outcome) => outcome === 'found').length;
      this.#counts.failed += outcomes.filter((outcome) => outcome === 'failed').length;
    }
  }
}

/** The same items, from another one on. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const first = by % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
