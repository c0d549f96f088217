import { BLOCK_LIST_FILE } from '../block-list/block-list.ts';
import type { Cache } from '../cache/port.ts';
import type { RepositoryConfig } from '../config/repository.ts';
import { whyNoManifest } from '../git-host/passed-over.ts';
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
  /** What could name images and cannot be read: whole files, and documents of some. */
  readonly skipped: readonly Skipped[];
  /** The text of `.sluice/blocked.yml`; undefined where there is none. */
  readonly blockList: string | undefined;
}

export interface Skipped {
  /** From the repository's root. */
  readonly file: string;
  readonly reason: string;
}

/** Reads the sites at the head of a repository's branch. */
export type SiteReader = (repository: WatchedRepository) => Promise<RepositorySites>;

export interface SiteReaderOptions {
  readonly cache: Cache;
  /** Is told what cannot be read, once for each change of it. */
  readonly log: Log;
}

/** Part of the cache's keys: raised where a scan finds other sites than before. */
const SCAN = 'sites 5';
/** So many of what was skipped are remembered, to be told of later. */
const MAX_SKIPPED = 100;
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
  const passedOver: Skipped[] = [];
  const read = async (some: readonly string[]) =>
    host.files(head, some, (file, reason) => passedOver.push({ file, reason }));
  if (known === undefined || changed === undefined) {
    return scan(head, { files: await read(paths), passedOver }, undefined, told);
  }
  const watched = new Set(changed.filter((path) => paths.some((one) => isBelow(path, one))));
  const files = watched.size === 0 ? [] : await read([...watched]);
  return scan(head, { files, passedOver }, { ...known, watched }, told);
}

interface ReadFiles {
  readonly files: readonly RepositoryFile[];
  readonly passedOver: readonly Skipped[];
}

/** What the files say, in the place of what is known of those that changed. */
function scan(
  revision: string,
  { files, passedOver }: ReadFiles,
  known: (RepositorySites & { readonly watched: ReadonlySet<string> }) | undefined,
  log: Log,
): RepositorySites {
  const manifests = files.filter(({ path }) => path !== BLOCK_LIST_FILE);
  const scanned = manifests.map(({ path, text }) => scanFile(path, text));
  const faults = scanned.flatMap(({ file, faults: all }) => all.map((error) => ({ file, error })));
  for (const { error } of faults) {
    log.warn('manifest skipped', { error });
  }
  const whole = [...passedOver, ...manifests.flatMap(({ path, text }) => skippedFor(path, whyNoManifest(text)))];
  for (const { file, reason } of whole) {
    log.warn('file passed over', { file, reason });
  }
  const isKept = ({ file }: { readonly file: string }) => known?.watched.has(file) === false;
  const skipped = [...whole, ...faults.map(({ file, error }) => ({ file, reason: error.message }))];
  const blockList = files.find(({ path }) => path === BLOCK_LIST_FILE)?.text;
  return {
    revision,
    sites: [...(known?.sites.filter(isKept) ?? []), ...scanned.flatMap(({ sites }) => sites)],
    skipped: [...(known?.skipped.filter(isKept) ?? []), ...skipped].slice(0, MAX_SKIPPED),
    blockList: known === undefined || known.watched.has(BLOCK_LIST_FILE) ? blockList : known.blockList,
  };
}

function skippedFor(file: string, reason: string | undefined): readonly Skipped[] {
  return reason === undefined ? [] : [{ file, reason }];
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
