/** How much one revision may delete. */
export type PruneLimit = { readonly percent: number } | { readonly objects: number };

/** Half of the inventory. */
export const DEFAULT_LIMIT: PruneLimit = { percent: 50 };

/** So many may be replaced by as many new ones, whatever share of a small inventory that is: a rename is no loss. */
const REPLACED = 10;

/** What a revision would do to an inventory. */
export interface Deletion {
  /** How many objects left Git. */
  readonly left: number;
  /** How many the inventory had before the revision. */
  readonly before: number;
  /** How many the revision adds. */
  readonly added: number;
}

/** Reads `50%` or `20`; undefined where it is neither. */
export function parseLimit(text: string): PruneLimit | undefined {
  const { number, percent } = /^(?<number>\d{1,6})(?<percent>%?)$/.exec(text)?.groups ?? {};
  if (number === undefined || (percent === '%' && Number(number) > 100)) {
    return undefined;
  }
  return percent === '%' ? { percent: Number(number) } : { objects: Number(number) };
}

/** Why a deletion is too much; undefined where it is not. */
export function reasonAgainst({ left, before, added }: Deletion, limit: PruneLimit): string | undefined {
  const share = 'percent' in limit ? Math.floor((before * limit.percent) / 100) : limit.objects;
  const allowed = Math.max(share, 'percent' in limit ? Math.min(added, REPLACED) : 0);
  if (left <= allowed) {
    return undefined;
  }
  const rule = 'percent' in limit ? `${limit.percent}% of ${before} objects` : `${limit.objects} objects`;
  return `expected at most ${rule} to be deleted by one revision, found that ${left} left Git. Nothing was deleted: put them back, or allow it once with --prune-limit`;
}
