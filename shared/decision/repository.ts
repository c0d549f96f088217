import { BLOCK_LIST_FILE } from '../block-list/block-list.ts';
import type { Cache } from '../cache/port.ts';
import type { RepositoryConfig } from '../config/repository.ts';
import type { GitHost, RepositoryFile } from '../git-host/port.ts';
import type { Log } from '../log.ts';
import { scanFile } from '../manifest/scan.ts';
import type { Site } from '../manifest/site.ts';

/** A configured repository and branch, and the way to it. */
export interface WatchedRepository {
  readonly config: RepositoryConfig;
  readonly host: GitHost;
}

/** What a repository says at one revision. */
export interface RepositorySites {
  readonly revision: string;
  /** All places that name an image. */
  readonly sites: readonly Site[];
  /** The text of `.sluice/blocked.yml`; undefined where there is none. */
  readonly blockList: string | undefined;
}

/** Reads the sites at the head of a repository's branch. */
export type SiteReader = (repository: WatchedRepository) => Promise<RepositorySites>;

export interface SiteReaderOptions {
  readonly cache: Cache;
  /** Is told what cannot be read, once for each change of it. */
  readonly log: Log;
}

/** Part of the cache's keys: raised where a scan finds other sites than before. */
const SCAN = 'sites 4';
const TTL_SECONDS = 7 * 24 * 60 * 60;

/**
 * A reader that remembers what each repository said last, in this process and in the cache: a push to a repository that
 * has not moved costs one look at its head, and a moved one what has changed since.
 */
export function siteReader({ cache, log }: SiteReaderOptions): SiteReader {
  const latest = new Map<WatchedRepository, RepositorySites>();
  const recall = async (repository: WatchedRepository) =>
    latest.get(repository) ?? readCached(await cache.get(cacheKey(repository.config)));
  return async (repository) => {
    const known = await recall(repository);
    const found = await look(repository, known, log);
    latest.set(repository, found);
    if (found.revision !== known?.revision) {
      await cache.set(cacheKey(repository.config), found, TTL_SECONDS);
    }
    return found;
  };
}

async function look(
  { config, host }: WatchedRepository,
  known: RepositorySites | undefined,
  log: Log,
): Promise<RepositorySites> {
  const paths = [...config.paths, BLOCK_LIST_FILE];
  const { head, changed } = known
    ? await host.compare(known.revision, config.branch)
    : { head: await host.head(config.branch), changed: undefined };
  if (known?.revision === head) {
    return known;
  }
  const told = log.with({ repository: config.url, branch: config.branch, revision: head });
  if (known === undefined || changed === undefined) {
    return scan(head, await host.files(head, paths), undefined, told);
  }
  const watched = new Set(changed.filter((path) => paths.some((one) => isBelow(path, one))));
  const files = watched.size === 0 ? [] : await host.files(head, [...watched]);
  return scan(head, files, { ...known, watched }, told);
}

/** What the files say, in the place of what is known of those that changed. */
function scan(
  revision: string,
  files: readonly RepositoryFile[],
  known: (RepositorySites & { readonly watched: ReadonlySet<string> }) | undefined,
  log: Log,
): RepositorySites {
  const scanned = files.filter(({ path }) => path !== BLOCK_LIST_FILE).map(({ path, text }) => scanFile(path, text));
  for (const error of scanned.flatMap(({ faults }) => faults)) {
    log.warn('manifest skipped', { error });
  }
  const kept = known?.sites.filter(({ file }) => !known.watched.has(file)) ?? [];
  const blockList = files.find(({ path }) => path === BLOCK_LIST_FILE)?.text;
  return {
    revision,
    sites: [...kept, ...scanned.flatMap(({ sites }) => sites)],
    blockList: known === undefined || known.watched.has(BLOCK_LIST_FILE) ? blockList : known.blockList,
  };
}

/** Is a file one of those that the configuration names? */
export function isWatched(path: string, { paths }: Pick<RepositoryConfig, 'paths'>): boolean {
  return paths.some((one) => isBelow(path, one));
}

function isBelow(path: string, folder: string): boolean {
  const normal = folder
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return normal === '' || path === normal || path.startsWith(`${normal}/`);
}

function cacheKey({ url, branch, paths }: RepositoryConfig): string {
  return JSON.stringify([SCAN, url, branch, paths]);
}

/** What stands in the cache was written by this reader, or by a version whose keys are others. */
function readCached(value: unknown): RepositorySites | undefined {
  return isCached(value) ? value : undefined;
}

function isCached(value: unknown): value is RepositorySites {
  return typeof value === 'object' && value !== null && 'revision' in value && 'sites' in value;
}
