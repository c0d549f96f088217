import { readMoment } from '../moment.ts';
import * as z from '../schema.ts';
import { listOf, parseSluiceFile, type SluiceFile } from '../sluice-file/parse.ts';
import {
  type AllowedVersion,
  allowedSchema,
  type BlockedVersion,
  blockedSchema,
  isSameVersion,
  type RolledBackVersion,
  rolledBackSchema,
  type Version,
} from './entry.ts';

/** Where a repository keeps what people have said of versions. */
export const BLOCK_LIST_FILE = '.sluice/blocked.yml';

/** What people have said of versions: not this one, this one again, and not this one at that place. */
export interface BlockList {
  readonly blocked: readonly BlockedVersion[];
  readonly allowed: readonly AllowedVersion[];
  readonly rolledBack: readonly RolledBackVersion[];
}

/** What a text of a past revision says, or undefined where it cannot be read: then it may say anything. */
export function legibleBlockList(text: string | undefined): BlockList | undefined {
  try {
    return parseBlockList(text ?? '');
  } catch {
    return undefined;
  }
}

/** `blocked:`, `allowed:` and `rolledBack:`. */
const FILE: SluiceFile<BlockList> = {
  path: BLOCK_LIST_FILE,
  list: 'blocked',
  schema: z.strictObject(
    { blocked: listOf(blockedSchema), allowed: listOf(allowedSchema), rolledBack: listOf(rolledBackSchema) },
    { error: 'expected a mapping of blocked, allowed and rolledBack, or a list' },
  ),
};

/**
 * Reads a block list: a mapping of `blocked`, `allowed` and `rolledBack`, or a plain list of what is blocked.
 *
 * @throws SluiceError `manifest-invalid` with every fault at once, each with its line
 */
export function parseBlockList(text: string): BlockList {
  return parseSluiceFile(text, FILE);
}

/**
 * Why a version is blocked now, as a sentence for people; undefined where it is not.
 *
 * @param now milliseconds since the epoch
 */
export function blockedBy({ blocked }: BlockList, candidate: Version, now: number): string | undefined {
  const found = blocked.find((entry) => isMeant(entry, candidate) && isInForce(entry, now));
  if (found === undefined) {
    return undefined;
  }
  const { since, until, reason = '' } = found;
  const times = `${since === undefined ? '' : ` since ${since}`}${until === undefined ? '' : ` until ${until}`}`;
  const why = reason.replaceAll(/\s+/g, ' ').trim();
  return `blocked in ${BLOCK_LIST_FILE}${times}${why === '' ? '' : `: ${why}`}`;
}

/** The entries by which people have allowed this version again. What is blocked stays blocked all the same. */
export function allowedBy({ allowed }: BlockList, candidate: Version): readonly AllowedVersion[] {
  return allowed.filter((one) => isSameVersion(one, candidate));
}

/** An entry without tag and digest means every version of its image. */
function isMeant(entry: BlockedVersion, candidate: Version): boolean {
  const isWhole = entry.tag === undefined && entry.digest === undefined;
  return isWhole ? entry.image === candidate.image : isSameVersion(entry, candidate);
}

function isInForce({ since, until }: BlockedVersion, now: number): boolean {
  const first = since === undefined ? undefined : readMoment(since)?.first;
  const last = until === undefined ? undefined : readMoment(until)?.last;
  return (first ?? now) <= now && now <= (last ?? now);
}
