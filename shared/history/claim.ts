import type { PastCommit } from '../git-host/port.ts';
import { imageName, parseReference } from '../image/reference.ts';
import { readSiteTrailers, type SetVersion, type SiteName, type SiteUpdate } from './trailers.ts';

export interface Version {
  readonly tag: string;
  readonly digest?: string;
}

export type VersionAt = (revision: string) => Promise<Version | undefined>;

/** What a commit says that it set the place to; `squashed` where only its subject says that it is one of ours. */
export function saidIn(message: string, site: SiteName, image: string): SetVersion | 'squashed' | undefined {
  const updates = readSiteTrailers(message);
  const named = updates.findLast((update) => isOf(update, site) && update.image === image);
  return named ?? (updates.length === 0 && isOurSubject(message, image) ? 'squashed' : undefined);
}

/** A pull request of ours that was merged with only its title has that, and perhaps its number. */
function isOurSubject(message: string, image: string): boolean {
  const [subject = ''] = message.split('\n', 1);
  return subject.startsWith(`${image}: `) || (subject.startsWith('Update ') && subject.includes(image));
}

/** The version that a commit set the place to, by what the file says before and after it; undefined where it did not. */
export async function setIn(
  { revision, parents: [parent] }: PastCommit,
  said: SetVersion | 'squashed',
  versionAt: VersionAt,
): Promise<Version | undefined> {
  const after = await versionAt(revision);
  if (after === undefined || (said !== 'squashed' && !isSame(after, said))) {
    return undefined;
  }
  const before = parent === undefined ? undefined : await versionAt(parent);
  const isChange = before?.tag !== after.tag || before.digest !== after.digest;
  // What a person's own commit began with is nothing that Sluice set.
  return isChange && (before !== undefined || said !== 'squashed') ? withSaid(after, said) : undefined;
}

/** A file may name the tag alone, where the message names the digest too. */
function withSaid(version: Version, said: SetVersion | 'squashed'): Version {
  const digest = version.digest ?? (said === 'squashed' ? undefined : said.digest);
  return { tag: version.tag, ...(digest === undefined ? {} : { digest }) };
}

/** By what is written at a place in a commit, the version of an image there. */
export function versionsBy(image: string, imageAt: (revision: string) => Promise<string | undefined>): VersionAt {
  return async (revision) => {
    const written = await imageAt(revision);
    return written === undefined ? undefined : versionOf(written, image);
  };
}

/** Undefined where another image is written, or none, or one without a tag. */
function versionOf(written: string, image: string): Version | undefined {
  const reference = parseReference(written);
  const { tag, digest } = reference;
  return imageName(reference) === image && tag !== undefined
    ? { tag, ...(digest === undefined ? {} : { digest }) }
    : undefined;
}

function isOf(update: SiteUpdate, { file, object, container }: SiteName): boolean {
  return update.file === file && update.object === object && update.container === container;
}

/** Does a place that names this image stand on that version? */
export function standsOn(image: string, version: SetVersion): boolean {
  return isSame(parseReference(image), version);
}

/** The same content is the same version by any tag; where one side has no digest, the tag says it. */
export function isSame(standing: { readonly tag?: string; readonly digest?: string }, last: SetVersion): boolean {
  return standing.digest === undefined || last.digest === undefined
    ? standing.tag === last.tag
    : standing.digest === last.digest;
}
