import type { RolledBackVersion } from '../../../shared/block-list/entry.ts';
import type { Blocks } from '../../../shared/decision/blocks.ts';
import { type SitePlace, siteHistory } from '../../../shared/decision/site-history.ts';
import type { WatchedRepository } from '../../../shared/decision/site-reader.ts';
import type { GitHost, PastCommit } from '../../../shared/git-host/port.ts';
import { standsOn } from '../../../shared/history/claim.ts';
import { movedAwayIn } from '../../../shared/history/moved-away.ts';
import type {
  CommitTime,
  LastSet,
  MergedVersion,
  ProposedVersion,
  RolledBack,
  SiteHistory,
} from '../../../shared/history/place.ts';
import { lastSet, movedAway } from '../../../shared/history/rollback.ts';
import { readSiteTrailers, siteKey } from '../../../shared/history/trailers.ts';
import { imageName, parseReference } from '../../../shared/image/reference.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { readMoment } from '../../../shared/moment.ts';
import type { HeadCache, OwnCommits } from './head-cache.ts';

export interface SitePastPorts {
  readonly repository: WatchedRepository;
  readonly branch: string;
  /** Of the branch. */
  readonly head: string;
  /** Knows which commits below the head are this process's own. */
  readonly heads: HeadCache;
  /** What was written down at the head. */
  readonly blocks: Pick<Blocks, 'rolledBackAt'>;
  /** What pull requests of ours set, by the key of its place. */
  readonly merged?: ReadonlyMap<string, readonly MergedVersion[]> | undefined;
  /** What waited on a push branch, by the key of its place. */
  readonly proposed?: ReadonlyMap<string, readonly ProposedVersion[]> | undefined;
}

interface Noted {
  /** Where history does not tell of a version any more: what was written down of it. */
  readonly note?: RolledBackVersion;
}

/** A version that a person moved a place away from. */
export interface PastVersion extends RolledBack, Noted {
  /** The commit in which that was; undefined where history does not tell. */
  readonly movedIn: () => Promise<CommitTime | undefined>;
}

/** What the history of a branch says of its places, as it is asked. */
export class SitePast {
  /** Where the branch is looked at: below this process's own commits. */
  readonly place: SitePlace;
  readonly #repository: WatchedRepository;
  readonly #branch: string;
  readonly #head: string;
  readonly #own: OwnCommits;
  readonly #heads: HeadCache;
  readonly #merged: ReadonlyMap<string, readonly MergedVersion[]> | undefined;
  readonly #proposed: SitePastPorts['proposed'];
  readonly #blocks: Pick<Blocks, 'rolledBackAt'>;
  readonly #texts = new Map<string, Promise<string | undefined>>();
  #branchHistory: Promise<readonly PastCommit[]> | undefined;

  constructor({ repository, branch, head, heads, blocks, merged, proposed }: SitePastPorts) {
    this.#repository = repository;
    this.#branch = branch;
    this.#head = head;
    this.#heads = heads;
    this.#own = heads.below(head);
    this.place = this.#placeAt(this.#own.base);
    this.#blocks = blocks;
    this.#merged = merged;
    this.#proposed = proposed;
  }

  /** The version that a person moved a place away from. */
  async of(site: Site): Promise<PastVersion | undefined> {
    const past = this.#isOwn(site) ? undefined : movedAway(await this.#last(site));
    const { imageAt } = this.#history(site);
    const image = imageName(parseReference(site.image));
    return past && { ...past, movedIn: async () => movedAwayIn(image, past, imageAt) };
  }

  /** When Sluice set what stands at a place, in milliseconds since the epoch; undefined where it did not. */
  async whenSet(site: Site): Promise<number | undefined> {
    const last = this.#isOwn(site) ? undefined : await this.#last(site);
    return last?.stands === true ? last.setAt : undefined;
  }

  /** The latest commits of the branch below this process's own; none where the branch has moved on since, so that nothing comes of it. */
  async ofBranch(): Promise<readonly PastCommit[]> {
    this.#branchHistory ??= this.#heads.history(this.#head, async () => this.#repository.host.history(this.#branch));
    const commits = await this.#branchHistory;
    const from = commits.findIndex(({ revision }) => revision === this.#own.base);
    return from < 0 ? [] : commits.slice(from);
  }

  /** Did this process set it, since what the host tells of? */
  #isOwn(site: Site): boolean {
    const key = siteKey(site);
    return this.#own.messages.some((message) => readSiteTrailers(message).some((update) => siteKey(update) === key));
  }

  /** What history tells of last; where it tells of nothing, what was written down of it once. */
  async #last(site: Site): Promise<(LastSet & Noted) | undefined> {
    return (await this.#lastInHistory(site)) ?? this.#lastWritten(site);
  }

  #lastWritten(site: Site): (LastSet & Noted) | undefined {
    const note = this.#blocks.rolledBackAt(imageName(parseReference(site.image)), site);
    if (note === undefined) {
      return undefined;
    }
    const { tag, digest, commit: revision, set } = note;
    return {
      tag,
      ...(digest === undefined ? {} : { digest }),
      revision,
      setAt: firstOf(set),
      stands: standsOn(site.image, note),
      newer: [],
      isFar: false,
      note,
    };
  }

  async #lastInHistory(site: Site): Promise<LastSet | undefined> {
    const { base } = this.#own;
    const key = siteKey(site);
    const { url } = this.#repository.config;
    const [merged, proposed] = [this.#merged?.get(key), this.#proposed?.get(key)];
    const place = JSON.stringify([url, this.#branch, base, key, site.image, merged, proposed]);
    return this.#heads.past(place, async () => {
      const ofBranch = async () => this.ofBranch();
      return lastSet(site, { ...this.#history(site), ofBranch, merged, proposed });
    });
  }

  #history(site: Site): SiteHistory {
    return siteHistory(site, this.place);
  }

  #placeAt(revision: string): SitePlace {
    const { host } = this.#repository;
    const fileAt: GitHost['fileAt'] = async (commit, path) => this.#text(commit, path);
    return { host: { fileHistory: host.fileHistory.bind(host), fileAt }, branch: this.#branch, revision };
  }

  async #text(revision: string, path: string): Promise<string | undefined> {
    const key = JSON.stringify([revision, path]);
    const text = this.#texts.get(key) ?? this.#repository.host.fileAt(revision, path);
    this.#texts.set(key, text);
    return text;
  }
}

/** The beginning of a moment that was found to be one, in milliseconds since the epoch. */
function firstOf(moment: string): number {
  return readMoment(moment)?.first ?? 0;
}
