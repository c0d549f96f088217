import { allowedBy, BLOCK_LIST_FILE, type BlockList, blockedBy, parseBlockList } from '../block-list/block-list.ts';
import { type AllowedVersion, type BlockedPlace, isSamePlace, type RolledBackVersion } from '../block-list/entry.ts';
import { messageOf } from '../errors.ts';
import { BoundedMap } from '../policy/bounded-map.ts';
import type { TagFacts } from '../policy/policy.ts';
import { MAX_LENGTH, type UnreadableFile, unreadableFile } from '../sluice-file/parse.ts';
import { afterOthers } from '../turns.ts';

/** What people have said of versions in a repository's block list. */
export interface Blocks {
  /** Why a version of an image must not be set now; undefined where it may be. */
  against(image: string, version: Pick<TagFacts, 'tag' | 'digest'>): string | undefined;
  /** The entries by which people have allowed a version again, each of what they had said no to before. */
  allowedBy(image: string, version: Pick<TagFacts, 'tag' | 'digest'>): readonly AllowedVersion[];
  /** The version of an image that somebody set a place back from, where that was written down. */
  rolledBackAt(image: string, place: BlockedPlace): RolledBackVersion | undefined;
}

/** What is known of one text of a block list, by its images; or why it cannot be read. */
type ReadList = ReadonlyMap<string, BlockList> | { readonly error: unknown };

/** In characters: as much is read in a few milliseconds. */
const LARGE = 8 * 1024;
/** Lists that are remembered by their text. */
const MAX_KNOWN = 40;
const known = new BoundedMap<string, ReadList>(MAX_KNOWN);

/** The same as {@link readBlocks}, which lets others go first where a list is large. */
export async function readBlocksInTurn(text: string | UnreadableFile | undefined, now: number): Promise<Blocks> {
  if (typeof text === 'string' && text.length > LARGE && text.length <= MAX_LENGTH && !known.has(text)) {
    await afterOthers();
  }
  return readBlocks(text, now);
}

/**
 * Reads a block list, a text once. While it cannot be read, every version is held back: what it was to keep out is not
 * known.
 *
 * @param text of `.sluice/blocked.yml`; undefined where there is none
 * @param now milliseconds since the epoch
 */
export function readBlocks(text: string | UnreadableFile | undefined, now: number): Blocks {
  const list = typeof text === 'object' ? { error: unreadableFile(BLOCK_LIST_FILE, text) } : listOf(text ?? '');
  if ('error' in list) {
    const reason = `${messageOf(list.error)} Nothing is updated until it can be read`;
    return { against: () => reason, allowedBy: () => [], rolledBackAt: () => undefined };
  }
  return {
    against: (image, { tag, digest }) => blockedBy(list.get(image) ?? NOTHING, { image, tag, digest }, now),
    allowedBy: (image, { tag, digest }) => allowedBy(list.get(image) ?? NOTHING, { image, tag, digest }),
    rolledBackAt: (image, place) => list.get(image)?.rolledBack.find((one) => isSamePlace(one, place)),
  };
}

/** The same, where rollbacks were written down elsewhere too: what the list says of a place goes before. */
export function withNotes(blocks: Blocks, notes: readonly RolledBackVersion[]): Blocks {
  return {
    ...blocks,
    rolledBackAt: (image, place) =>
      blocks.rolledBackAt(image, place) ?? notes.find((one) => one.image === image && isSamePlace(one, place)),
  };
}

/** A text that is too large is refused at once, and not worth its memory. */
function listOf(text: string): ReadList {
  return text.length > MAX_LENGTH ? readOnce(text) : known.getOrMake(text, () => readOnce(text));
}

const NOTHING: BlockList = { blocked: [], allowed: [], rolledBack: [] };

/** By images, so that the time for one does not grow with what is said of others. */
function readOnce(text: string): ReadList {
  try {
    const { blocked, allowed, rolledBack } = parseBlockList(text);
    const blockedOf = Map.groupBy(blocked, imageOf);
    const allowedOf = Map.groupBy(allowed, imageOf);
    const rolledBackOf = Map.groupBy(rolledBack, imageOf);
    const images = [...blockedOf.keys(), ...allowedOf.keys(), ...rolledBackOf.keys()];
    const of = (image: string): BlockList => ({
      blocked: blockedOf.get(image) ?? [],
      allowed: allowedOf.get(image) ?? [],
      rolledBack: rolledBackOf.get(image) ?? [],
    });
    return new Map(images.map((image) => [image, of(image)]));
  } catch (error) {
    return { error };
  }
}

function imageOf({ image }: { readonly image: string }): string {
  return image;
}
