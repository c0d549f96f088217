import { FILE_HISTORY_PAGE, type FileCommit } from '../git-host/port.ts';
import { imageName, parseReference } from '../image/reference.ts';
import { isSame, saidIn, setIn, versionsBy } from './claim.ts';
import { lastHidden } from './hidden.ts';
import {
  type CommitTime,
  type LastSet,
  MAX_CHECKED,
  type MergedVersion,
  type ProposedVersion,
  type RolledBack,
  type SiteHistory,
  type StandingSite,
} from './place.ts';
import type { SetVersion } from './trailers.ts';

/** What lies further back is not looked for without end; it is better written down. */
const FAR = FILE_HISTORY_PAGE;

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
