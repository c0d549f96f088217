import { readMoment } from '../moment.ts';
import { type BlockList, parseBlockList } from './block-list.ts';
import {
  type AllowedVersion,
  type BlockedVersion,
  isSamePlace,
  isSameVersion,
  type RolledBackVersion,
  type Version,
} from './entry.ts';
import { type ListChange, rewrite } from './rewrite.ts';

const UNCHANGED: ListChange = { without: [], plus: [] };

/**
 * The block list with one version more that must not be set; that it was allowed again is taken out. A block of it that
 * is not over is extended: it begins at the earlier time and ends at the later one, and keeps its end where the new one
 * names none. Where it is blocked so already, with whatever reason, the text stays as it is.
 *
 * @param text undefined where there is no file yet
 * @throws SluiceError `manifest-invalid` where the text is no block list
 */
export function withBlock(text: string | undefined, entry: BlockedVersion): string {
  const { blocked, allowed } = readList(text);
  const same = indexesOf(blocked, (one) => isExactly(one, entry));
  const standing = blocked.filter((one) => isExactly(one, entry) && endOf(one) >= startOf(entry));
  const extended = standing.reduce(extend, entry);
  const isBlocked = standing.some(
    (one) => startOf(one) <= startOf(extended) && endOf(one) === endOf(extended) && one.until === extended.until,
  );
  return rewrite(text, {
    blocked: isBlocked ? UNCHANGED : { without: same, plus: [extended] },
    allowed: { without: indexesOf(allowed, (one) => isCovered(one, entry)), plus: [] },
  });
}

/**
 * The block list with one version more that may be set again after a rollback; what blocks this version is taken out,
 * and that it was rolled back, save for an entry that blocks every version of its image. One that was allowed before gets
 * the new time, and is a new entry by that.
 *
 * @param text undefined where there is no file yet
 * @throws SluiceError `manifest-invalid` where the text is no block list
 */
export function withAllowed(text: string | undefined, entry: AllowedVersion): string {
  const { blocked, allowed, rolledBack } = readList(text);
  const { image, tag, digest, reason, since } = entry;
  const plus = [{ image, tag, digest, reason, since }];
  return rewrite(text, {
    blocked: { without: indexesOf(blocked, (one) => isSameVersion(one, entry)), plus: [] },
    allowed: allowed.some((one) => isExactly(one, entry) && one.since === since)
      ? UNCHANGED
      : { without: indexesOf(allowed, (one) => isExactly(one, entry)), plus },
    rolledBack: { without: indexesOf(rolledBack, (one) => isSameVersion(one, entry)), plus: [] },
  });
}

/** What is to be written down of rollbacks. */
export interface RollbackNotes {
  /** One of a place. */
  readonly noted: readonly RolledBackVersion[];
  /** What was written down, and says nothing any more. */
  readonly over: readonly RolledBackVersion[];
}

/** What of them the block list does not say yet. */
export function newNotes(text: string | undefined, { noted, over }: RollbackNotes): RollbackNotes {
  const { rolledBack } = readList(text);
  const has = (note: RolledBackVersion) => rolledBack.some((one) => isSameNote(one, note));
  return { noted: noted.filter((note) => !has(note)), over: over.filter(has) };
}

/**
 * The block list with these rollbacks, each in the stead of what was written down of its place before.
 *
 * @param text undefined where there is no file yet
 * @throws SluiceError `manifest-invalid` where the text is no block list
 */
export function withRollbacks(text: string | undefined, { noted, over }: RollbackNotes): string {
  const isGone = (one: RolledBackVersion) =>
    noted.some((note) => isSameSite(one, note)) || over.some((note) => isSameNote(one, note));
  return rewrite(text, { rolledBack: { without: indexesOf(readList(text).rolledBack, isGone), plus: noted } });
}

/** Do two entries tell of one rollback? */
export function isSameNote(one: RolledBackVersion, other: RolledBackVersion): boolean {
  return isSameSite(one, other) && isExactly(one, other) && one.commit === other.commit;
}

function isSameSite(one: RolledBackVersion, other: RolledBackVersion): boolean {
  return one.image === other.image && isSamePlace(one, other);
}

function readList(text: string | undefined): BlockList {
  return parseBlockList(text ?? '');
}

function indexesOf<T>(items: readonly T[], isMeant: (item: T) => boolean): readonly number[] {
  return items.flatMap((item, index) => (isMeant(item) ? [index] : []));
}

function isExactly(one: Version, other: Version): boolean {
  return one.image === other.image && one.tag === other.tag && one.digest === other.digest;
}

/** A block without tag and digest is of every version. */
function isCovered(one: Version, by: Version): boolean {
  const isWhole = by.tag === undefined && by.digest === undefined;
  return isWhole ? one.image === by.image : isSameVersion(one, by);
}

/** The earlier beginning and the later end; a new block without an end takes that of the one that stands. */
function extend(entry: BlockedVersion, standing: BlockedVersion): BlockedVersion {
  const first = startOf(standing) < startOf(entry) ? standing : entry;
  const last = entry.until === undefined || endOf(standing) >= endOf(entry) ? standing : entry;
  return { ...entry, since: first.since, until: last.until };
}

function endOf({ until }: BlockedVersion): number {
  return (until === undefined ? undefined : readMoment(until)?.last) ?? Number.POSITIVE_INFINITY;
}

function startOf({ since }: BlockedVersion): number {
  return (since === undefined ? undefined : readMoment(since)?.first) ?? Number.NEGATIVE_INFINITY;
}
