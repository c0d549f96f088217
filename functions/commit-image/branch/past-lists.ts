import { BLOCK_LIST_FILE, type BlockList, legibleBlockList } from '../../../shared/block-list/block-list.ts';
import type { SitePlace } from '../../../shared/decision/site-history.ts';
import type { FileCommit } from '../../../shared/git-host/port.ts';

/** So many past versions of a block list are looked at. */
const MAX_LISTS = 20;

/** The block list as it was, by the history of a branch. */
export class PastLists {
  readonly #place: SitePlace;

  constructor(place: SitePlace) {
    this.#place = place;
  }

  /** The commits that changed the list, the newest first, as far back as is of use. */
  async *commits(): AsyncGenerator<FileCommit> {
    const { host, branch, revision } = this.#place;
    let told = 0;
    for await (const commit of host.fileHistory(branch, revision, BLOCK_LIST_FILE)) {
      yield commit;
      told += 1;
      if (told === MAX_LISTS) {
        return;
      }
    }
  }

  async textAt(revision: string): Promise<string | undefined> {
    return this.#place.host.fileAt(revision, BLOCK_LIST_FILE);
  }

  /** Undefined for one that cannot be read. */
  async listAt(revision: string): Promise<BlockList | undefined> {
    return legibleBlockList(await this.textAt(revision));
  }
}
