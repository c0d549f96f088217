import { BLOCK_LIST_FILE } from '../../shared/block-list/block-list.ts';
import type { WatchedRepository } from '../../shared/decision/repository.ts';
import { type RolledBack, rolledBack } from '../../shared/history/rollback.ts';
import { readSiteTrailers } from '../../shared/history/trailers.ts';
import { findSite, scanFile } from '../../shared/manifest/scan.ts';
import type { Site } from '../../shared/manifest/site.ts';
import { siteKey } from './fold.ts';
import type { KnownHeads } from './known-heads.ts';

/** What the history of a branch says of its places, as it is asked. */
export class SitePast {
  readonly #repository: WatchedRepository;
  readonly #branch: string;
  readonly #head: string;
  readonly #heads: KnownHeads;
  readonly #texts = new Map<string, Promise<string | undefined>>();
  #listChangedAt: Promise<number> | undefined;

  /** @param head of `branch`; `heads` knows which commits below it are this process's own */
  constructor(repository: WatchedRepository, branch: string, head: string, heads: KnownHeads) {
    this.#repository = repository;
    this.#branch = branch;
    this.#head = head;
    this.#heads = heads;
  }

  /** The version that a person moved a place away from. */
  async of(site: Site): Promise<RolledBack | undefined> {
    const { messages, base } = this.#heads.below(this.#head);
    const key = siteKey(site);
    if (messages.some((message) => readSiteTrailers(message).some((update) => siteKey(update) === key))) {
      return undefined;
    }
    const { config, host } = this.#repository;
    const place = JSON.stringify([config.url, this.#branch, base, key, site.image]);
    return this.#heads.past(place, async () =>
      rolledBack(site, {
        commits: host.fileHistory(this.#branch, base, site.file),
        imageAt: async (revision) => {
          const text = await this.#text(revision, site.file);
          return text === undefined ? undefined : findSite(scanFile(site.file, text), site)?.image;
        },
      }),
    );
  }

  /** When the block list was last written, in milliseconds since the epoch. */
  async listChangedAt(): Promise<number> {
    this.#listChangedAt ??= this.#lastChange(BLOCK_LIST_FILE);
    return this.#listChangedAt;
  }

  async #lastChange(path: string): Promise<number> {
    const { base } = this.#heads.below(this.#head);
    for await (const { committedAt } of this.#repository.host.fileHistory(this.#branch, base, path)) {
      return committedAt;
    }
    return Number.NEGATIVE_INFINITY;
  }

  async #text(revision: string, path: string): Promise<string | undefined> {
    const key = JSON.stringify([revision, path]);
    const text = this.#texts.get(key) ?? this.#repository.host.fileAt(revision, path);
    this.#texts.set(key, text);
    return text;
  }
}
