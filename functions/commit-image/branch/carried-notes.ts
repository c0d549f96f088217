import { BLOCK_LIST_FILE, type BlockList, legibleBlockList } from '../../../shared/block-list/block-list.ts';
import { isSameNote } from '../../../shared/block-list/edit.ts';
import { isSameVersion, type RolledBackVersion, type Version } from '../../../shared/block-list/entry.ts';
import { sluiceFileAt } from '../../../shared/decision/sluice-files.ts';
import { isSluiceError } from '../../../shared/errors.ts';
import type { GitHost, PastCommit } from '../../../shared/git-host/port.ts';
import { readRollbackTrailers, type SiteName, siteImageKey } from '../../../shared/history/trailers.ts';
import { isSameMoment } from '../../../shared/moment.ts';
import type { BranchWriter } from './branch-writer.ts';
import { PastLists } from './past-lists.ts';

/**
 * The rollbacks that a push branch wrote down by itself, and its base does not have: they go along to another base. One
 * that the base had, and has no more, was given up there by hand; one of a version that somebody has allowed there since
 * is over.
 *
 * @param commits of the push branch since it was put on a base, the newest first
 */
export async function carriedNotes(
  commits: readonly PastCommit[],
  { head, base }: { readonly head: string; readonly base: string },
  { config, host }: Pick<BranchWriter, 'config' | 'host'>,
): Promise<readonly RolledBackVersion[]> {
  const written = writtenIn(commits);
  if (written.size === 0) {
    return [];
  }
  const [ours, theirs] = [await listAt(head, host), await listAt(base, host)];
  const own = ours?.rolledBack.filter((note) => written.has(noteKey(note))) ?? [];
  // A list that cannot be read is not written either.
  if (ours === undefined || theirs === undefined) {
    return own;
  }
  const left = own.filter((note) => !hasNote(theirs, note) && !isAllowedSince(note, ours, theirs));
  return withoutGivenUp(left, new PastLists({ host, branch: config.branch, revision: base }));
}

/** The notes that commits wrote and did not take out again, by their keys. */
function writtenIn(commits: readonly PastCommit[]): ReadonlySet<string> {
  const written = new Set<string>();
  for (const { message } of commits.toReversed()) {
    for (const { what, ...note } of readRollbackTrailers(message)) {
      if (what === 'noted') {
        written.add(noteKey(note));
      } else {
        written.delete(noteKey(note));
      }
    }
  }
  return written;
}

function noteKey(note: Version & SiteName): string {
  return JSON.stringify([siteImageKey(note.image, note), note.tag, note.digest]);
}

function hasNote({ rolledBack }: BlockList, note: RolledBackVersion): boolean {
  return rolledBack.some((one) => isSameNote(one, note));
}

/** Has somebody allowed it at the base, since the push branch left that? */
function isAllowedSince(note: RolledBackVersion, { allowed: before }: BlockList, { allowed }: BlockList): boolean {
  const isOld = (entry: Version & { readonly since?: string | undefined }) =>
    before.some((one) => isSameMoment(one.since, entry.since) && isSameVersion(one, entry));
  return allowed.some((entry) => isSameVersion(entry, note) && !isOld(entry));
}

/** Without those that a past list of the base had. */
async function withoutGivenUp(
  notes: readonly RolledBackVersion[],
  past: PastLists,
): Promise<readonly RolledBackVersion[]> {
  let left = notes;
  if (left.length > 0) {
    for await (const { revision } of past.commits()) {
      const list = await past.listAt(revision);
      left = left.filter((note) => list === undefined || !hasNote(list, note));
      if (left.length === 0) {
        break;
      }
    }
  }
  return left;
}

/** Undefined for one that cannot be read. */
async function listAt(revision: string, host: Pick<GitHost, 'files'>): Promise<BlockList | undefined> {
  try {
    return legibleBlockList(await sluiceFileAt(BLOCK_LIST_FILE, revision, host));
  } catch (error) {
    if (isSluiceError(error, 'manifest-invalid')) {
      return undefined;
    }
    throw error;
  }
}
