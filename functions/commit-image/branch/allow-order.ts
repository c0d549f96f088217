import { type BlockList, legibleBlockList } from '../../../shared/block-list/block-list.ts';
import { isSameNote } from '../../../shared/block-list/edit.ts';
import type { AllowedVersion, RolledBackVersion } from '../../../shared/block-list/entry.ts';
import type { SitePlace } from '../../../shared/decision/site-history.ts';
import type { FileCommit, PastCommit } from '../../../shared/git-host/port.ts';
import { isAncestor } from '../../../shared/history/ancestry.ts';
import { isSameMoment, readMoment } from '../../../shared/moment.ts';
import { PastLists } from './past-lists.ts';
import type { PastVersion } from './site-past.ts';

/** A commit in which an entry came into the block list. */
interface Entrance {
  readonly commit: FileCommit;
  /** The list as each of its parents has it; undefined where there was none. */
  readonly before: readonly (string | undefined)[];
}

/**
 * Tells which came first, that somebody allowed a version or that somebody said no to it: by the history of the branch.
 * The clocks of people, of hosts and of the command may each be ahead or behind.
 */
export class AllowOrder {
  readonly #place: SitePlace;
  readonly #lists: PastLists;
  readonly #ofBranch: () => Promise<readonly PastCommit[]>;
  readonly #entrances = new Map<AllowedVersion, Promise<Entrance | undefined>>();

  /** @param ofBranch the latest commits of the branch: a merge may hide a rollback from the history of its file */
  constructor(place: SitePlace, ofBranch: () => Promise<readonly PastCommit[]>) {
    this.#place = place;
    this.#lists = new PastLists(place);
    this.#ofBranch = ofBranch;
  }

  /** Did an entry come into the list after a place was moved away from a version? */
  async isAfterRollback(entry: AllowedVersion, { note, movedIn }: PastVersion, file: string): Promise<boolean> {
    if (note !== undefined) {
      return this.#isAfterNote(entry, note);
    }
    const moved = await movedIn();
    return moved !== undefined && this.#isAfterCommit(entry, moved.revision, file);
  }

  /**
   * Is an entry from that time on, or did it come into the list later? For what has no commit to be compared with:
   * somebody closed a pull request. Hosts tell that to the second, as Git does of a commit.
   *
   * @param at milliseconds since the epoch
   */
  async isAfterTime(entry: AllowedVersion, at: number): Promise<boolean> {
    const since = entry.since === undefined ? undefined : readMoment(entry.since)?.first;
    if (since !== undefined && since >= at) {
      return true;
    }
    const entrance = await this.#entrance(entry);
    return entrance !== undefined && entrance.commit.committedAt > at;
  }

  /** An entry that the list had then, with its instant, says no more when it is put there again: the file was brought back. */
  async #isAfterCommit(entry: AllowedVersion, revision: string, file: string): Promise<boolean> {
    const { host, branch } = this.#place;
    const stoodThen = has(await this.#lists.textAt(revision), (list) => list.allowed.some(isEntry(entry)));
    if (stoodThen === true && isInstant(entry)) {
      return false;
    }
    const entrance = await this.#entrance(entry);
    if (entrance === undefined || entrance.commit.revision === revision) {
      return stoodThen === false;
    }
    for await (const below of host.fileHistory(branch, entrance.commit.revision, file)) {
      if (below.revision === revision) {
        return true;
      }
    }
    return isAncestor(revision, entrance.commit.revision, await this.#ofBranch());
  }

  /** A rollback is written down where no entry takes it back: one that stood there by then says nothing of it. */
  async #isAfterNote(entry: AllowedVersion, note: RolledBackVersion): Promise<boolean> {
    const before = (await this.#entrance(entry))?.before ?? [];
    return before.some(
      (text) => has(text, ({ rolledBack }) => rolledBack.some((one) => isSameNote(one, note))) === true,
    );
  }

  async #entrance(entry: AllowedVersion): Promise<Entrance | undefined> {
    const found = this.#entrances.get(entry) ?? this.#findEntrance(entry);
    this.#entrances.set(entry, found);
    return found;
  }

  /** The last commit that put an entry there; undefined where the last versions of the list all have it. */
  async #findEntrance(entry: AllowedVersion): Promise<Entrance | undefined> {
    const textAt = async (commit: string) => this.#lists.textAt(commit);
    const lacks = (text: string | undefined) => has(text, (list) => list.allowed.some(isEntry(entry))) === false;
    let isFirst = true;
    for await (const commit of this.#lists.commits()) {
      // Of the other line of a merge that brought the entry.
      const isWithout = !isFirst && lacks(await textAt(commit.revision));
      const before = isWithout ? [] : await Promise.all(commit.parents.map(textAt));
      if (!isWithout && before.every(lacks)) {
        return { commit, before };
      }
      isFirst = false;
    }
    return undefined;
  }
}

function isEntry({ image, tag, digest, since }: AllowedVersion): (one: AllowedVersion) => boolean {
  return (one) => one.image === image && one.tag === tag && one.digest === digest && isSameMoment(one.since, since);
}

function isInstant({ since }: AllowedVersion): boolean {
  const moment = since === undefined ? undefined : readMoment(since);
  return moment !== undefined && moment.first === moment.last;
}

/** Undefined for a text that cannot be read: it may. */
function has(text: string | undefined, what: (list: BlockList) => boolean): boolean | undefined {
  const list = legibleBlockList(text);
  return list && what(list);
}
