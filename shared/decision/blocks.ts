import { type BlockList, blockedBy, isAllowed, parseBlockList } from '../block-list/block-list.ts';
import { messageOf } from '../errors.ts';
import type { TagFacts } from '../policy/policy.ts';

/** What people have said of versions in a repository's block list. */
export interface Blocks {
  /** Why a version of an image must not be set now; undefined where it may be. */
  against(image: string, version: Pick<TagFacts, 'tag' | 'digest'>): string | undefined;
  /**
   * Has a person allowed a version that was rolled back, after that time?
   *
   * @param changedAt when the list was last written, in milliseconds since the epoch
   */
  allows(
    image: string,
    version: Pick<TagFacts, 'tag' | 'digest'>,
    after: number,
    changedAt: () => Promise<number>,
  ): Promise<boolean>;
}

/**
 * Reads a block list. While it cannot be read, every version is held back: what it was to keep out is not known.
 *
 * @param text of `.sluice/blocked.yml`; undefined where there is none
 * @param now milliseconds since the epoch
 */
export function readBlocks(text: string | undefined, now: number): Blocks {
  let list: BlockList;
  try {
    list = parseBlockList(text ?? '');
  } catch (error) {
    const reason = `${messageOf(error)} Nothing is updated until it can be read`;
    return { against: () => reason, allows: async () => false };
  }
  return {
    against: (image, { tag, digest }) => blockedBy(list, { image, tag, digest }, now),
    allows: async (image, { tag, digest }, after, changedAt) =>
      isAllowed(list, { image, tag, digest }, after, changedAt),
  };
}
