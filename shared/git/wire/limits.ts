/** A repository, or an answer about it, holds more than it may. */
export class TooMuchError extends Error {
  readonly expected: string;

  constructor(expected: string) {
    super(`expected ${expected}, found more`);
    this.expected = expected;
  }
}

/** How much a pack may unpack to. */
export interface PackLimits {
  /** Of all its objects and deltas together; each object counts {@link OBJECT_BYTES} besides its content. */
  readonly maxBytes: number;
  /** Of one folder, without what is below it. */
  readonly maxTreeBytes: number;
}

/** A function of 512 MB has to hold it beside the pack. */
export const PACK_LIMITS: PackLimits = { maxBytes: 256 * 1024 * 1024, maxTreeBytes: 8 * 1024 * 1024 };

/** What an object takes in memory besides its content. */
export const OBJECT_BYTES = 512;

/** How much of a tree is looked at. */
export interface TreeLimits {
  /** Folders within one another; the file systems of nobody have more. */
  readonly maxDepth: number;
  /** Lines of all trees, each as often as it is come by: a few small trees may hold one another many times over. */
  readonly maxLines: number;
  /** Of those, lines of folders that were come by before. */
  readonly maxAgain: number;
  /** Of a path, in characters. */
  readonly maxPath: number;
}

export const TREE_LIMITS: TreeLimits = { maxDepth: 200, maxLines: 400_000, maxAgain: 50_000, maxPath: 4096 };

/** Of the refs that a host advertises: some 500,000. */
export const MAX_ADVERTISEMENT_BYTES = 32 * 1024 * 1024;

/** Of a pack as it comes: while its pieces are put together they are held twice. */
export const MAX_REPLY_BYTES = 128 * 1024 * 1024;
