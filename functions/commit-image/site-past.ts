import type { WatchedRepository } from '../../shared/decision/repository.ts';
import { siteHistory } from '../../shared/decision/site-history.ts';
import type { GitHost } from '../../shared/git-host/port.ts';
import {
  type LastSet,
  lastSet,
  type MergedVersion,
  movedAway,
  type RolledBack,
} from '../../shared/history/rollback.ts';
import { readSiteTrailers } from '../../shared/history/trailers.ts';
import type { Site } from '../../shared/manifest/site.ts';
import { siteKey } from './fold.ts';
import type { KnownHeads } from './known-heads.ts';

/** What the history of a branch says of its places, as it is asked. */
export class SitePast {
  readonly #repository: WatchedRepository;
  readonly #branch: string;
  readonly #head: string;
  readonly #heads: KnownHeads;
  readonly #merged: ReadonlyMap<string, readonly MergedVersion[]> | undefined;
  readonly #texts = new Map<string, Promise<string | undefined>>();

  /**
   * @param head of `branch`; `heads` knows which commits below it are this process's own
   * @param merged what pull requests of ours set, by the key of its place
   */
  constructor(
    repository: WatchedRepository,
    branch: string,
    head: string,
    heads: KnownHeads,
    merged?: ReadonlyMap<string, readonly MergedVersion[]>,
  ) {
    this.#repository = repository;
    this.#branch = branch;
    this.#head = head;
    this.#heads = heads;
    this.#merged = merged;
  }

  /** The version that a person moved a place away from. */
  async of(site: Site): Promise<RolledBack | undefined> {
    return this.#isOwn(site) ? undefined : movedAway(await this.#last(site));
  }

  /** When Sluice set what stands at a place, in milliseconds since the epoch; undefined where it did not. */
  async whenSet(site: Site): Promise<number | undefined> {
    const last = this.#isOwn(site) ? undefined : await this.#last(site);
    return last?.stands === true ? last.setAt : undefined;
  }

  /** Did this process set it, since what the host tells of? */
  #isOwn(site: Site): boolean {
    const key = siteKey(site);
    const { messages } = this.#heads.below(this.#head);
    return messages.some((message) => readSiteTrailers(message).some((update) => siteKey(update) === key));
  }

  async #last(site: Site): Promise<LastSet | undefined> {
    const { base } = this.#heads.below(this.#head);
    const key = siteKey(site);
    const { config, host } = this.#repository;
    const merged = this.#merged?.get(key);
    const place = JSON.stringify([config.url, this.#branch, base, key, site.image, merged]);
    const fileAt: GitHost['fileAt'] = async (revision, path) => this.#text(revision, path);
    const asked = { fileHistory: host.fileHistory.bind(host), fileAt };
    return this.#heads.past(place, async () =>
      lastSet(site, { ...siteHistory(site, { host: asked, branch: this.#branch, revision: base }), merged }),
    );
  }

  async #text(revision: string, path: string): Promise<string | undefined> {
    const key = JSON.stringify([revision, path]);
    const text = this.#texts.get(key) ?? this.#repository.host.fileAt(revision, path);
    this.#texts.set(key, text);
    return text;
  }
}
