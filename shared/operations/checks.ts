import { openRegistry, type RegistryFor } from '../decision/look-up.ts';
import type { SiteReader, WatchedRepository } from '../decision/repository.ts';
import { parseReference } from '../image/reference.ts';
import type { MessageQueue } from '../queue/port.ts';
import type { Check } from './finding.ts';

/** A commit is named so in what people read. */
const SHORT_REVISION = 7;
/** Of a registry so many images are looked up: enough to see whether it lets us in. */
const MOST_IMAGES = 3;

/** Can the repositories be read, and do they name images? */
export function readingChecks(repositories: readonly WatchedRepository[], readSites: SiteReader): readonly Check[] {
  return repositories.map((repository) => async () => {
    const { revision, sites } = await readSites(repository);
    const found = `read at ${revision.slice(0, SHORT_REVISION)}, ${counted(sites.length, 'image')} in its manifests`;
    const subject = nameOf(repository);
    return sites.length > 0
      ? { status: 'ok', subject, found }
      : { status: 'warning', subject, found, next: 'Check its paths in sluice.yml.' };
  });
}

/** May the repositories be written? */
export function writingChecks(repositories: readonly WatchedRepository[]): readonly Check[] {
  return repositories.map((repository) => async () => {
    const { config, host } = repository;
    const subject = nameOf(repository);
    const { branch, delivery } = config;
    // Pull requests are for branches that nobody may push to.
    const isBeside = delivery.mode === 'pull-request' || delivery.pushBranch !== undefined;
    return (await host.canWrite(branch, isBeside))
      ? { status: 'ok', subject, found: 'may be written' }
      : {
          status: 'failure',
          subject,
          found: 'may be read, but not written',
          next: 'Give the credentials of this repository in sluice.yml the right to push.',
        };
  });
}

/** May something be said of the commits, where the host has such a thing? */
export function statusChecks(repositories: readonly WatchedRepository[]): readonly Check[] {
  return repositories.flatMap(({ config, host }) => {
    const { canSetStatus } = host;
    if (canSetStatus === undefined) {
      return [];
    }
    const subject = `statuses of ${nameOf({ config })}`;
    const check: Check = async () =>
      (await canSetStatus(config.branch))
        ? { status: 'ok', subject, found: 'may be set' }
        : {
            status: 'failure',
            subject,
            found: 'may not be set',
            next: 'Give the credentials of this repository in sluice.yml the right to set commit statuses.',
          };
    return [check];
  });
}

/** Do the registries answer for the images that manifests name? */
export function registryChecks(
  hosts: readonly string[],
  registryFor: RegistryFor,
  repositories: readonly WatchedRepository[],
  readSites: SiteReader,
): readonly Check[] {
  const namedImages = async () => {
    const read = await Promise.allSettled(repositories.map(readSites));
    const images = read.flatMap((one) => (one.status === 'fulfilled' ? one.value.sites.map(({ image }) => image) : []));
    return [...new Set(images)].map(parseReference);
  };
  return hosts.map((host) => async () => {
    const subject = `registry ${host}`;
    const named = (await namedImages()).filter(({ registry }) => registry === host).slice(0, MOST_IMAGES);
    if (named.length === 0) {
      return { status: 'warning', subject, found: 'no manifest names an image of it, so that nothing was asked' };
    }
    const registry = openRegistry(host, registryFor);
    await Promise.all(
      named.map(async ({ repository, digest, tag }) =>
        registry.image(repository, digest ?? tag ?? 'latest', { created: false }),
      ),
    );
    return { status: 'ok', subject, found: `has ${counted(named.length, 'image')} that manifests name` };
  });
}

/** Does the queue that feeds this function move? */
export function queueCheck(name: string, open: () => Promise<MessageQueue>): Check {
  return async () => {
    const { visible, inFlight } = await (await open()).depth();
    return { status: 'ok', subject: `queue ${name}`, found: `${visible} waiting, ${inFlight} in work` };
  };
}

/** @param queue what `sluice replay` calls it */
export function deadLetterCheck(queue: string, open: () => Promise<MessageQueue>): Check {
  return async () => {
    const { visible, inFlight } = await (await open()).depth();
    const count = visible + inFlight;
    const subject = `dead letters of ${queue}`;
    return count === 0
      ? { status: 'ok', subject, found: 'none' }
      : { status: 'warning', subject, found: String(count), next: `See why: sluice replay --queue ${queue}` };
  };
}

function nameOf({ config }: Pick<WatchedRepository, 'config'>): string {
  return `repository ${config.url} (${config.branch})`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
