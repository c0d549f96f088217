import { type Holds, readHolds } from '../decision/holds.ts';
import type { RepositorySites, SiteReader, WatchedRepository } from '../decision/site-reader.ts';
import { isSluiceError, type SluiceError } from '../errors.ts';
import { holdReason } from '../hold/hold.ts';
import { parseReference } from '../image/reference.ts';
import type { Site } from '../manifest/site.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Check, Finding } from './finding.ts';
import { remarkFindings } from './remark-checks.ts';
import { counted, named, repositorySubject } from './words.ts';

/** A commit is named so in what people read. */
const SHORT_REVISION = 7;
/** Of one kind of fault so many are told one by one. */
const MOST_TOLD = 3;

/**
 * Can the repositories be read, what do their manifests ask for, and does it do what it says?
 *
 * @param hosts the registries that are configured
 * @param now milliseconds since the epoch
 */
export function readingChecks(
  repositories: readonly WatchedRepository[],
  readSites: SiteReader,
  hosts: readonly string[],
  now: () => number,
): readonly Check[] {
  return repositories.map((repository) => async () => {
    const found = await readSites(repository);
    const holds = readHolds({ ...found, freezes: repository.freezes }, now());
    return [
      sumOf(repository, found, holds),
      ...skippedFindings(found),
      ...remarkFindings(found),
      ...heldFindings(found.sites, holds),
      ...overruledFindings(found.sites),
      ...refusedFindings(found.sites),
      ...unknownRegistryFindings(found.sites, hosts),
    ];
  });
}

/** `deployment/default/web container web` */
export function siteName({ object, container }: Site): string {
  return `${object} container ${container}`;
}

/** Does something beside the site ask for updates, which nobody has locked? */
export function isAutomated({ policy }: Site): boolean {
  return policy !== undefined && policy.held === undefined;
}

function sumOf(repository: WatchedRepository, { revision, sites }: RepositorySites, holds: Holds): Finding {
  const subject = repositorySubject(repository);
  const read = `read at ${revision.slice(0, SHORT_REVISION)}, ${counted(sites.length, 'image')} in its manifests`;
  if (sites.length === 0) {
    return { status: 'warning', subject, found: read, next: 'Check its paths in sluice.yml.' };
  }
  const automated = sites.filter((site) => isAutomated(site) && holds.on(site) === undefined).length;
  const unmatched = sites.filter(({ policy }) => policy === undefined).length;
  const held = sites.length - automated - unmatched;
  const found = `${read}: ${automated} automated, ${held} held, ${unmatched} without a policy`;
  // What holds the held ones is a finding of its own.
  return unmatched < sites.length
    ? { status: 'ok', subject, found }
    : {
        status: 'warning',
        subject,
        found,
        next: 'Write a policy beside one, like sluice.dev/update: semver:~1 in metadata.annotations of its workload.',
      };
}

/** What is not read may name images all the same. */
function skippedFindings({ skipped }: RepositorySites): readonly Finding[] {
  const told = skipped.map(({ file, reason }) => (reason.startsWith(file) ? reason : `${file}: ${reason}`));
  const [first] = told;
  const found = `${skipped.length} files or documents cannot be read; ${named(told, MOST_TOLD)}`;
  return first === undefined
    ? []
    : [{ status: 'warning', subject: 'skipped', found, next: 'Images there are not updated.' }];
}

function heldFindings(sites: readonly Site[], holds: Holds): readonly Finding[] {
  const held = sites.flatMap((site) => {
    const hold = site.policy && holds.on(site);
    return hold === undefined
      ? []
      : [{ text: `${siteName(site)} (${holdReason(hold)})`, isFault: hold.isFault === true }];
  });
  const findings = [
    { status: 'warning', what: held.filter(({ isFault }) => isFault), next: 'Mend what is written there.' },
    { status: 'ok', what: held.filter(({ isFault }) => !isFault), next: undefined },
  ] as const;
  return findings
    .filter(({ what }) => what.length > 0)
    .map(({ status, what, next }) => {
      const found = named(
        what.map(({ text }) => text),
        MOST_TOLD,
      );
      return { status, subject: 'held', found, next };
    });
}

/** What another tool's policy says, where one that goes first stands beside it. */
function overruledFindings(sites: readonly Site[]): readonly Finding[] {
  const overruled = sites.flatMap((site) => {
    const { dialect, text, overruled: others } = site.policy ?? {};
    return others === undefined ? [] : [`${siteName(site)} (${dialect} ${text}, not ${others.join(', ')})`];
  });
  const next = 'Take away the ones that do not count.';
  return overruled.length === 0
    ? []
    : [{ status: 'warning', subject: 'overruled', found: named(overruled, MOST_TOLD), next }];
}

/** The fault of a site's filter; undefined for one that can be read. */
function faultOf({ policy }: Site): SluiceError | undefined {
  try {
    parsePolicy(policy?.text ?? '');
    return undefined;
  } catch (error) {
    if (isSluiceError(error, 'policy-invalid')) {
      return error;
    }
    throw error;
  }
}

function refusedFindings(sites: readonly Site[]): readonly Finding[] {
  const refused = sites.filter(isAutomated).flatMap((site): readonly Finding[] => {
    const fault = faultOf(site);
    const next = fault?.next ?? `Mend it in ${site.file}.`;
    return fault === undefined
      ? []
      : [
          {
            status: 'warning',
            subject: siteName(site),
            found: `${fault.subject}: expected ${fault.expected}, found ${fault.found}`,
            next,
          },
        ];
  });
  const more = refused.length - MOST_TOLD;
  const rest: Finding = { status: 'warning', subject: 'policies', found: `${more} more that cannot be read` };
  return more > 0 ? [...refused.slice(0, MOST_TOLD), rest] : refused;
}

/** Images that nobody is asked about: an event or a manifest can name any host. */
function unknownRegistryFindings(sites: readonly Site[], hosts: readonly string[]): readonly Finding[] {
  const unknown = sites
    .map((site) => ({ site, host: parseReference(site.image).registry }))
    .filter(({ host }) => !hosts.includes(host));
  return [...Map.groupBy(unknown, ({ host }) => host)].map(([host, of]): Finding => {
    const automated = of.filter(({ site }) => isAutomated(site)).length;
    const subject = `registry ${host}`;
    const found = `is not configured; ${counted(of.length, 'image')} of it, ${automated} automated`;
    return automated === 0
      ? { status: 'ok', subject, found }
      : {
          status: 'warning',
          subject,
          found,
          next: `Add ${host} under registries in sluice.yml: nothing updates its images.`,
        };
  });
}
