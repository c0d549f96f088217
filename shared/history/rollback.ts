import { FILE_HISTORY_PAGE, type FileCommit, type PastCommit } from '../git-host/port.ts';
import { imageName, parseReference } from '../image/reference.ts';
import { readSiteTrailers, type SetVersion, type SiteName, type SiteUpdate } from './trailers.ts';

/** A place as it stands now. */
export interface StandingSite extends SiteName {
  /** The reference as it is written, with its tag: `nginx:1.27`. */
  readonly image: string;
}

/** What was at a place before. */
export interface SiteHistory {
  /** The commits that changed its file, the newest first. */
  readonly commits: AsyncIterable<FileCommit>;
  /** The latest commits of its branch, the newest first: a merge may hide those that set the place from its file's. */
  readonly ofBranch?: (() => Promise<readonly PastCommit[]>) | undefined;
  /** The image that stood at the place in a commit; undefined where the place was not there. */
  readonly imageAt: (revision: string) => Promise<string | undefined>;
  /** What of the place was merged, as the host says, by pull requests of ours: its commit may say nothing of it. */
  readonly merged?: readonly MergedVersion[] | undefined;
  /** What of the place waited on a push branch of ours: a person who squashes it has words of his own. */
  readonly proposed?: readonly ProposedVersion[] | undefined;
}

/** A version that Sluice set at a place of a push branch. */
export interface ProposedVersion extends SetVersion {
  /** When that was, in milliseconds since the epoch. */
  readonly proposedAt: number;
}

/** A version that a pull request of ours set at a place. */
export interface MergedVersion extends SetVersion {
  /** When it was merged, in milliseconds since the epoch. */
  readonly mergedAt: number;
}

/** A commit, when it was made, in milliseconds since the epoch, as the committer said, and what it was made on. */
export type CommitTime = Pick<FileCommit, 'revision' | 'committedAt' | 'parents'>;

/** A version that a person moved a place away from. A value: what is remembered of it holds no file. */
export interface RolledBack {
  readonly tag: string;
  readonly digest?: string;
  /** The commit in which Sluice had set it. */
  readonly revision: string;
  /** When that was, in milliseconds since the epoch. */
  readonly setAt: number;
  /** The commits that changed the file since, the newest first; none where it stands there still. */
  readonly newer: readonly CommitTime[];
  /** Is that so long ago that its history will not tell of it for much longer? */
  readonly isFar: boolean;
}

/** The version of its image that Sluice set last at a place. */
export interface LastSet extends RolledBack {
  /** Does it stand there still? Else a person moved it away. */
  readonly stands: boolean;
}

/** What lies further back is not looked for without end; it is better written down. */
const FAR = FILE_HISTORY_PAGE;
/** Of so many commits that say that Sluice made them the file is read, and of as many for when it was moved away. */
export const MAX_CHECKED = 20;

/**
 * The version of its image that Sluice set last at a place, where the place stands on another one now: then a person
 * moved it. Undefined where history tells of none, where that version stands there still, or where another image does.
 * A file that was moved has no history: it is the place that a person said no to.
 *
 * What a message says counts only where the file says so too, before and after that commit: anybody can write words.
 */
export async function rolledBack(site: StandingSite, history: SiteHistory): Promise<RolledBack | undefined> {
  return movedAway(await lastSet(site, history));
}

/** What was set last, where it does not stand any more. */
export function movedAway<T extends LastSet>(last: T | undefined): Omit<T, 'stands'> | undefined {
  if (last === undefined || last.stands) {
    return undefined;
  }
  const { stands: _, ...past } = last;
  return past;
}

/** The version that Sluice set last at a place, whether it stands there still or not; undefined as {@link rolledBack} is. */
export async function lastSet(site: StandingSite, history: SiteHistory): Promise<LastSet | undefined> {
  const newer: CommitTime[] = [];
  const last = await lastInFile(site, history, newer);
  const told = new Set([last?.revision, ...newer.map(({ revision }) => revision)]);
  return (await lastHidden(site, history, told, last?.setAt)) ?? last;
}

/** @param newer is filled with the commits that changed the file since, the newest first */
async function lastInFile(site: StandingSite, history: SiteHistory, newer: CommitTime[]): Promise<LastSet | undefined> {
  const standing = parseReference(site.image);
  const image = imageName(standing);
  let newest: string | undefined;
  // Nothing changed the file after the newest commit: it has what stands there.
  const versionAt = versionsBy(image, async (revision) =>
    revision === newest ? site.image : history.imageAt(revision),
  );
  let [checked, compared] = [0, 0];
  for await (const commit of history.commits) {
    newest ??= commit.revision;
    const claimed = saidIn(commit.message, site, image) ?? mergedIn(commit, history.merged);
    const waiting = claimed === undefined && compared < MAX_CHECKED ? waitingAt(commit, history.proposed) : undefined;
    compared += waiting === undefined ? 0 : 1;
    const said = claimed ?? waiting;
    checked += claimed === undefined ? 0 : 1;
    if (checked > MAX_CHECKED) {
      return undefined;
    }
    const set = said === undefined ? undefined : await setIn(commit, said, versionAt);
    if (set !== undefined) {
      const { revision, committedAt: setAt, depth } = commit;
      // A push branch may be gone tomorrow.
      const isFar = depth > FAR || checked > MAX_CHECKED / 2 || waiting !== undefined;
      const stands = isSame(standing, set);
      return { ...set, revision, setAt, stands, newer: stands ? [] : newer, isFar };
    }
    newer.push({ revision: commit.revision, committedAt: commit.committedAt, parents: commit.parents });
  }
  return undefined;
}

/**
 * The version that a commit set of which the file's history does not tell: where a merge took the file as another line
 * had it, that tells of that line alone.
 *
 * @param told the newest commits of the file's history
 * @param since when that says that Sluice set the place last, in milliseconds since the epoch
 * @see https://git-scm.com/docs/git-log#_history_simplification
 */
async function lastHidden(
  site: StandingSite,
  { ofBranch, imageAt }: SiteHistory,
  told: ReadonlySet<string | undefined>,
  since = 0,
): Promise<LastSet | undefined> {
  const standing = parseReference(site.image);
  const image = imageName(standing);
  const versionAt = versionsBy(image, imageAt);
  const commits = (await ofBranch?.()) ?? [];
  let checked = 0;
  for (const [at, commit] of commits.entries()) {
    const said = told.has(commit.revision) ? undefined : saidIn(commit.message, site, image);
    if (commit.committedAt <= since || checked === MAX_CHECKED) {
      return undefined;
    }
    if (said !== undefined && said !== 'squashed') {
      checked += 1;
      const set = await setIn(commit, said, versionAt);
      if (set !== undefined) {
        const { revision, committedAt: setAt } = commit;
        const stands = isSame(standing, set);
        return { ...set, revision, setAt, stands, newer: stands ? [] : commits.slice(0, at), isFar: false };
      }
    }
  }
  return undefined;
}

interface Version {
  readonly tag: string;
  readonly digest?: string;
}

type VersionAt = (revision: string) => Promise<Version | undefined>;

/** What a commit says that it set the place to; `squashed` where only its subject says that it is one of ours. */
function saidIn(message: string, site: SiteName, image: string): SetVersion | 'squashed' | undefined {
  const updates = readSiteTrailers(message);
  const named = updates.findLast((update) => isOf(update, site) && update.image === image);
  return named ?? (updates.length === 0 && isOurSubject(message, image) ? 'squashed' : undefined);
}

/** The clocks of a host's parts, and a merge that takes its time. */
const MERGE_MILLIS = 5 * 60 * 1000;

/** What a pull request of ours set that was merged just then, by a commit with a person's own words. */
function mergedIn({ committedAt }: FileCommit, merged: readonly MergedVersion[] = []): SetVersion | undefined {
  return merged.find(({ mergedAt }) => Math.abs(mergedAt - committedAt) <= MERGE_MILLIS);
}

/** What waited for somebody to merge it when a commit with a person's own words was made. */
function waitingAt({ committedAt }: FileCommit, proposed: readonly ProposedVersion[] = []): SetVersion | undefined {
  const byTime = proposed.toSorted((a, b) => a.proposedAt - b.proposedAt);
  const isSoon = ({ proposedAt }: ProposedVersion) => proposedAt <= committedAt + MERGE_MILLIS;
  return byTime.findLast(({ proposedAt }) => proposedAt <= committedAt) ?? byTime.find(isSoon);
}

/** A pull request of ours that was merged with only its title has that, and perhaps its number. */
function isOurSubject(message: string, image: string): boolean {
  const [subject = ''] = message.split('\n', 1);
  return subject.startsWith(`${image}: `) || (subject.startsWith('Update ') && subject.includes(image));
}

/** The version that a commit set the place to, by what the file says before and after it; undefined where it did not. */
async function setIn(
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
export function versionsBy(image: string, imageAt: SiteHistory['imageAt']): VersionAt {
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
