import { type BlockList, parseBlockList } from './block-list.ts';
import { type AllowedVersion, type BlockedVersion, isSameVersion, type Version } from './entry.ts';
import { readMoment } from './moment.ts';
import { type ListChange, rewrite } from './rewrite.ts';

const UNCHANGED: ListChange = { without: [], plus: [] };

/**
 * The block list with one version more that must not be set; that it was allowed again is taken out. Where it is
 * blocked already until the same time, with whatever reason, the text stays as it is.
 *
 * @param text undefined where there is no file yet
 * @throws SluiceError `manifest-invalid` where the text is no block list
 */
export function withBlock(text: string | undefined, entry: BlockedVersion): string {
  const { blocked, allowed } = readList(text);
  const same = indexesOf(blocked, (one) => isExactly(one, entry));
  const isBlocked = blocked.some(
    (one) => isExactly(one, entry) && one.until === entry.until && startOf(one) <= startOf(entry),
  );
  return rewrite(text, {
    blocked: isBlocked ? UNCHANGED : { without: same, plus: [entry] },
    allowed: { without: indexesOf(allowed, (one) => isCovered(one, entry)), plus: [] },
  });
}

/**
 * The block list with one version more that may be set again after a rollback; what blocks this version is taken out,
 * save for an entry that blocks every version of its image.
 *
 * @param text undefined where there is no file yet
 * @throws SluiceError `manifest-invalid` where the text is no block list
 */
export function withAllowed(text: string | undefined, entry: AllowedVersion): string {
  const { blocked, allowed } = readList(text);
  const { image, tag, digest, reason, since } = entry;
  const plus = [{ image, tag, digest, reason, since }];
  return rewrite(text, {
    blocked: { without: indexesOf(blocked, (one) => isSameVersion(one, entry)), plus: [] },
    allowed: allowed.some((one) => isExactly(one, entry)) ? UNCHANGED : { without: [], plus },
  });
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

function startOf({ since }: BlockedVersion): number {
  return (since === undefined ? undefined : readMoment(since)?.first) ?? Number.NEGATIVE_INFINITY;
}
