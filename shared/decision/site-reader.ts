import type { Cache } from '../cache/port.ts';
import type { RepositoryConfig } from '../config/repository.ts';
import type { GitHost } from '../git-host/port.ts';
import type { Freeze } from '../hold/freeze.ts';
import type { Log } from '../log.ts';
import type { Origin, Remark } from '../manifest/declarations/dialect.ts';
import { joinFiles } from '../manifest/join.ts';
import type { Site } from '../manifest/site.ts';
import type { RepositoryLimits } from './repository-limits.ts';
import { type KnownRepository, MAX_SKIPPED, RepositoryReading, type Skipped } from './repository-reading.ts';
import type { SluiceFiles } from './sluice-files.ts';

/** A configured repository and branch, and the way to it. */
export interface WatchedRepository {
  readonly config: RepositoryConfig;
  readonly host: GitHost;
  /** Of `sluice.yml`, those that may hold something there. */
  readonly freezes?: readonly Freeze[] | undefined;
}

/** What a repository says at one revision. */
export interface RepositorySites extends SluiceFiles {
  readonly revision: string;
  /** All places that name an image, with the policies that govern them from whichever file. */
  readonly sites: readonly Site[];
  /** Markers that lead to no policy, and what else is worth a word of objects that govern images. */
  readonly remarks: readonly Remark[];
  /** What could name images and cannot be read: whole files, and documents of some. */
  readonly skipped: readonly Skipped[];
}

/** Reads the sites at the head of a repository's branch. */
export type SiteReader = (repository: WatchedRepository) => Promise<RepositorySites>;

export interface SiteReaderOptions {
  readonly cache: Cache;
  /** Is told what cannot be read, once for each change of it. */
  readonly log: Log;
  /** Those of every repository where they are left out. */
  readonly limits?: RepositoryLimits | undefined;
}

/** Part of the cache's keys: raised where a scan finds other sites than before. */
const SCAN = 'sites 13';
const TTL_SECONDS = 7 * 24 * 60 * 60;

/**
 * A reader that remembers what each repository said last, in this process and in the cache: a push to a repository that
 * has not moved costs one look at its head, and a moved one what has changed since. One that holds more than it may is
 * not read again before it moves.
 */
export function siteReader({ cache, log, limits }: SiteReaderOptions): SiteReader {
  const latest = new Map<WatchedRepository, { readonly known: KnownRepository; readonly found: RepositorySites }>();
  const readings = new Map<WatchedRepository, RepositoryReading>();
  const recall = async (repository: WatchedRepository) =>
    latest.get(repository)?.known ?? readCached(await cache.get(cacheKey(repository.config)));
  return async (repository) => {
    const before = await recall(repository);
    const reading = readings.get(repository) ?? new RepositoryReading(repository, log, limits);
    readings.set(repository, reading);
    const known = await reading.look(before);
    readings.delete(repository);
    const last = latest.get(repository);
    const found = last?.known === known ? last.found : joined(known, repository.config);
    latest.set(repository, { known, found });
    if (known.revision !== before?.revision) {
      // Another process may have told what the cache remembers.
      tellRemarks(found, last?.found ?? (before && joined(before, repository.config)), repository, log);
      await cache.set(cacheKey(repository.config), known, TTL_SECONDS);
    }
    return found;
  };
}

function joined({ files, ...known }: KnownRepository, origin: Origin): RepositorySites {
  const { sites, remarks } = joinFiles(files, origin);
  return { ...known, sites, remarks: remarks.slice(0, MAX_SKIPPED) };
}

/** Each of them once, for as long as it stays. */
function tellRemarks(
  { remarks, revision }: RepositorySites,
  before: RepositorySites | undefined,
  { config: { url, branch } }: WatchedRepository,
  log: Log,
): void {
  const told = new Set(before?.remarks.map(({ reason }) => reason));
  for (const { file, reason, isNote = false } of remarks) {
    const line = { repository: url, branch, revision, file, reason };
    if (!told.has(reason)) {
      log[isNote ? 'info' : 'warn']('policy elsewhere', line);
    }
  }
}

function cacheKey({ url, branch, paths }: RepositoryConfig): string {
  return JSON.stringify([SCAN, url, branch, paths]);
}

/** What stands in the cache was written by this reader, or by a version whose keys are others. */
function readCached(value: unknown): KnownRepository | undefined {
  return isCached(value) ? value : undefined;
}

function isCached(value: unknown): value is KnownRepository {
  return typeof value === 'object' && value !== null && 'revision' in value && 'files' in value;
}
