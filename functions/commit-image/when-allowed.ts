import { BLOCK_LIST_FILE, parseBlockList } from '../../shared/block-list/block-list.ts';
import type { AllowedVersion } from '../../shared/block-list/entry.ts';
import type { SitePlace } from '../../shared/decision/site-history.ts';

/** So many past versions of the block list are looked at. */
const MAX_LISTS = 20;

/**
 * When an entry came into the block list, in milliseconds since the epoch: what else was written there since says
 * nothing of it. Long ago where the last versions of the list all have it.
 */
export async function whenAllowed(entry: AllowedVersion, { host, branch, revision }: SitePlace): Promise<number> {
  let looked = 0;
  for await (const { committedAt, parents } of host.fileHistory(branch, revision, BLOCK_LIST_FILE)) {
    const [parent] = parents;
    const before = parent === undefined ? undefined : await host.fileAt(parent, BLOCK_LIST_FILE);
    if (!mayHave(before, entry)) {
      return committedAt;
    }
    looked += 1;
    if (looked === MAX_LISTS) {
      break;
    }
  }
  return Number.NEGATIVE_INFINITY;
}

/** Does a text of the block list have that entry? One that cannot be read may. */
function mayHave(text: string | undefined, { image, tag, digest, since }: AllowedVersion): boolean {
  try {
    return parseBlockList(text ?? '').allowed.some(
      (one) => one.image === image && one.tag === tag && one.digest === digest && one.since === since,
    );
  } catch {
    return true;
  }
}
