/** How much one revision may delete. */
export type PruneLimit = { readonly percent: number } | { readonly objects: number };

/** Half of the inventory. */
export const DEFAULT_PRUNE_LIMIT: PruneLimit = { percent: 50 };

/** So many may be replaced by as many new ones, whatever share of a small inventory that is: a rename is no loss. */
const REPLACED = 10;

/** What a revision would do to what stood after the last one that was whole. */
export interface Deletion {
  /** How many objects would be deleted. */
  readonly left: number;
  /** How many stood, and these. */
  readonly before: number;
  /** How many came since. */
  readonly added: number;
}

/** Reads `50%` or `20`; undefined where it is neither. */
export function parsePruneLimit(text: string): PruneLimit | undefined {
  const { number, percent } = /^(?<number>\d{1,6})(?<percent>%?)$/.exec(text)?.groups ?? {};
  if (number === undefined || (percent === '%' && Number(number) > 100)) {
    return undefined;
  }
  return percent === '%' ? { percent: Number(number) } : { objects: Number(number) };
}

/** Why a deletion is too much; undefined where it is not. */
export function pruneLimitReason({ left, before, added }: Deletion, limit: PruneLimit): string | undefined {
  if (left <= allowed({ before, added }, limit)) {
    return undefined;
  }
  const rule = 'percent' in limit ? `${limit.percent}% of ${before} objects` : `${limit.objects} objects`;
  return `expected at most ${rule} to be deleted by one revision, found that ${left} left Git. Nothing was deleted: put them back, or allow it once with --prune-limit`;
}

function allowed({ before, added }: Pick<Deletion, 'before' | 'added'>, limit: PruneLimit): number {
  if ('objects' in limit) {
    return limit.objects;
  }
  const share = Math.floor((before * limit.percent) / 100);
  // Whoever says 0% wants nothing deleted, be it replaced or not.
  return limit.percent === 0 ? 0 : Math.max(share, Math.min(added, REPLACED));
}
