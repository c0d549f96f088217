import type { PolicyRunner } from '../decision/policy-runner.ts';
import { policies } from '../decision/repository-work.ts';
import type { SiteReader, WatchedRepository } from '../decision/site-reader.ts';
import { openRegistry, type RegistryFor } from '../decision/tag-lookup.ts';
import { isSluiceError } from '../errors.ts';
import { type ImageReference, parseReference, printReference } from '../image/reference.ts';
import type { Site } from '../manifest/site.ts';
import type { Registry } from '../registry/port.ts';
import type { Check, Finding } from './finding.ts';
import { isAutomated, siteName } from './site-checks.ts';
import { counted, named } from './words.ts';

/** Of a registry so many images are looked up, so many at once. */
const MOST_IMAGES = 100;
const AT_ONCE = 8;
/** Of so many repositories all tags are listed. */
const MOST_LISTED = 20;

/**
 * Do the registries have the images that manifests name, and tags that their filters take? A registry that does not
 * let us in, or is away, is a failure.
 */
export function registryChecks(
  hosts: readonly string[],
  registryFor: RegistryFor,
  repositories: readonly WatchedRepository[],
  readSites: SiteReader,
): readonly Check[] {
  return hosts.map((host) => async () => {
    const subject = `registry ${host}`;
    const sites = await sitesOf(host, repositories, readSites);
    if (sites.length === 0) {
      return { status: 'warning', subject, found: 'no manifest names an image of it, so that nothing was asked' };
    }
    const registry = openRegistry(host, registryFor);
    return [await lookUpAll(subject, registry, sites), ...(await unmatchedFindings(subject, registry, sites))];
  });
}

async function sitesOf(
  host: string,
  repositories: readonly WatchedRepository[],
  readSites: SiteReader,
): Promise<readonly Site[]> {
  const read = await Promise.allSettled(repositories.map(readSites));
  const sites = read.flatMap((one) => (one.status === 'fulfilled' ? one.value.sites : []));
  return sites.filter(({ image }) => parseReference(image).registry === host);
}

async function lookUpAll(subject: string, registry: Registry, sites: readonly Site[]): Promise<Finding> {
  const images = new Map(sites.map(({ image }) => parseReference(image)).map((one) => [printReference(one), one]));
  const asked = [...images].slice(0, MOST_IMAGES);
  const missing = await inGroups(asked, async ([name, image]) => ((await isThere(registry, image)) ? [] : [name]));
  const unasked = images.size - asked.length;
  const limit = unasked === 0 ? '' : `; ${unasked} more were not looked up`;
  return missing.length === 0
    ? { status: 'ok', subject, found: `has ${counted(asked.length, 'image')} that manifests name${limit}` }
    : {
        status: 'warning',
        subject,
        found: `lacks ${missing.length} of ${counted(asked.length, 'image')} that manifests name: ${named(missing)}${limit}`,
        next: 'Push what is missing, or name another in the manifest: no pod starts from it.',
      };
}

async function isThere(registry: Registry, { repository, tag, digest }: ImageReference): Promise<boolean> {
  try {
    await registry.image(repository, digest ?? tag ?? 'latest', { created: false });
    return true;
  } catch (error) {
    if (isSluiceError(error, 'registry-not-found')) {
      return false;
    }
    throw error;
  }
}

/** Automated images for which no tag of the registry passes. */
async function unmatchedFindings(
  subject: string,
  registry: Registry,
  sites: readonly Site[],
): Promise<readonly Finding[]> {
  const automated = Map.groupBy(sites.filter(isAutomated), ({ image }) => parseReference(image).repository);
  const runner = policies();
  const unmatched = await inGroups([...automated].slice(0, MOST_LISTED), async ([repository, of]) => {
    const tags = await tagsOf(registry, repository);
    const matched = await Promise.all(of.map(async (site) => isMatched(site, tags, runner)));
    return of.filter((_, at) => matched[at] === false).map((site) => `${siteName(site)} (${site.policy?.text})`);
  });
  return unmatched.length === 0
    ? []
    : [
        {
          status: 'warning',
          subject,
          found: `no tag passes the filter of ${named(unmatched)}`,
          next: 'Mend the filter, or push a tag that passes it.',
        },
      ];
}

/** None of a repository that is not there: its images are told of as missing. */
async function tagsOf(registry: Registry, repository: string): Promise<readonly string[]> {
  try {
    return await registry.tags(repository);
  } catch (error) {
    if (isSluiceError(error, 'registry-not-found')) {
      return [];
    }
    throw error;
  }
}

/** A filter that cannot be read is told of with its repository; of those that take too long nothing is known. */
async function isMatched({ image, policy }: Site, tags: readonly string[], runner: PolicyRunner): Promise<boolean> {
  try {
    const prepared = await runner.prepare(policy?.text ?? '', tags, parseReference(image).tag);
    return prepared.accept(tags).length > 0;
  } catch (error) {
    if (isSluiceError(error, 'policy-invalid', 'policy-over-budget', 'git-too-slow')) {
      return true;
    }
    throw error;
  }
}

/** A few at once, so that a registry is not asked for all of them together. */
async function inGroups<T, R>(items: readonly T[], ask: (item: T) => Promise<readonly R[]>): Promise<readonly R[]> {
  const answers: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    answers.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(ask))).flat());
  }
  return answers;
}
