import { BLOCK_LIST_FILE } from '../block-list/block-list.ts';
import type { Cache } from '../cache/port.ts';
import type { RepositoryConfig } from '../config/repository.ts';
import { isSluiceError, type SluiceError } from '../errors.ts';
import { whyNoManifest } from '../git-host/passed-over.ts';
import type { GitHost, RepositoryFile } from '../git-host/port.ts';
import type { Freeze } from '../hold/freeze.ts';
import { FREEZE_FILE } from '../hold/freeze-file.ts';
import type { Log } from '../log.ts';
import type { Origin, Remark } from '../manifest/declarations/dialect.ts';
import { joinFiles } from '../manifest/join.ts';
import type { FileFacts, Site } from '../manifest/site.ts';
import { type RepositoryLimits, RepositoryTotals } from './repository-limits.ts';
import { countSites, FileScanner } from './scan-files.ts';
import { SLUICE_FILES, type SluiceFiles, separateSluiceFiles } from './sluice-files.ts';

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

/** What is remembered of a repository: what each file says by itself, so that those that changed are read alone. */
interface KnownRepository extends SluiceFiles {
  readonly revision: string;
  /** Those that say something. */
  readonly files: readonly FileFacts[];
  readonly skipped: RepositorySites['skipped'];
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
  /** Those of every repository where they are left out. */
  readonly limits?: RepositoryLimits | undefined;
}

/** Part of the cache's keys: raised where a scan finds other sites than before. */
const SCAN = 'sites 9';
/** So many of what was skipped are remembered, to be told of later. */
const MAX_SKIPPED = 100;
const TTL_SECONDS = 7 * 24 * 60 * 60;

/**
 * A reader that remembers what each repository said last, in this process and in the cache: a push to a repository that
 * has not moved costs one look at its head, and a moved one what has changed since. One that holds more than it may is
 * not read again before it moves.
 */
export function siteReader({ cache, log, limits }: SiteReaderOptions): SiteReader {
  const latest = new Map<WatchedRepository, { readonly known: KnownRepository; readonly found: RepositorySites }>();
  const readings = new Map<WatchedRepository, Reading>();
  const recall = async (repository: WatchedRepository) =>
    latest.get(repository)?.known ?? readCached(await cache.get(cacheKey(repository.config)));
  return async (repository) => {
    const before = await recall(repository);
    const reading = readings.get(repository) ?? new Reading(repository, log, limits);
    readings.set(repository, reading);
    const known = await reading.look(before);
    readings.delete(repository);
    const last = latest.get(repository);
    const found = last?.known === known ? last.found : joined(known, repository.config);
    latest.set(repository, { known, found });
    if (known.revision !== before?.revision) {
      tellRemarks(found, last?.found, repository, log);
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

interface ReadFiles {
  readonly files: readonly RepositoryFile[];
  readonly passedOver: readonly Skipped[];
}

/** What is known of a repository and changes at a revision. */
type Before = KnownRepository & { readonly watched: ReadonlySet<string> };

/** A look at a repository until it comes to its end: what was done in one that failed is not done again. */
class Reading {
  readonly #repository: WatchedRepository;
  readonly #log: Log;
  readonly #limits: RepositoryLimits | undefined;
  readonly #scanner = new FileScanner();
  /** What was found to hold more than it may. */
  #refused: { readonly revision: string; readonly error: SluiceError } | undefined;

  constructor(repository: WatchedRepository, log: Log, limits: RepositoryLimits | undefined) {
    this.#repository = repository;
    this.#log = log;
    this.#limits = limits;
  }

  async look(known: KnownRepository | undefined): Promise<KnownRepository> {
    const { config, host } = this.#repository;
    const { head, changed } = known
      ? await host.compare(known.revision, config.branch)
      : { head: await host.head(config.branch), changed: undefined };
    if (known?.revision === head) {
      return known;
    }
    if (this.#refused?.revision === head) {
      throw this.#refused.error;
    }
    const paths = [...config.paths, ...SLUICE_FILES];
    const passedOver: Skipped[] = [];
    const read = async (some: readonly string[]) =>
      host.files(head, some, (file, reason) => passedOver.push({ file, reason }));
    try {
      if (known === undefined || changed === undefined) {
        return await this.#scan(head, { files: await read(paths), passedOver }, undefined);
      }
      const watched = new Set(changed.filter((path) => paths.some((one) => isBelow(path, one))));
      const files = watched.size === 0 ? [] : await read([...watched]);
      return await this.#scan(head, { files, passedOver }, { ...known, watched });
    } catch (error) {
      if (isSluiceError(error, 'git-too-large')) {
        this.#refused = { revision: head, error };
      }
      throw error;
    }
  }

  /** What the files say, in the place of what is known of those that changed. */
  async #scan(
    revision: string,
    { files, passedOver }: ReadFiles,
    before: Before | undefined,
  ): Promise<KnownRepository> {
    const { url, branch } = this.#repository.config;
    const isKept = ({ file }: { readonly file: string }) => before?.watched.has(file) === false;
    const kept = before?.files.filter(isKept) ?? [];
    const totals = new RepositoryTotals(`repository ${url} branch ${branch}`, this.#limits);
    totals.add(
      'sites',
      kept.map(countSites).reduce((sum, count) => sum + count, 0),
    );
    const isNew = (file: string) => before?.watched.has(file) !== false;
    const { others: manifests, ...own } = separateSluiceFiles(files, passedOver);
    const scanned = await this.#scanner.scan(manifests, totals);
    const told = this.#log.with({ repository: url, branch, revision });
    const faults = scanned.flatMap(({ file, faults: all }) => all.map((error) => ({ file, error })));
    for (const { error } of faults) {
      told.warn('manifest skipped', { error });
    }
    const whole = [...passedOver, ...manifests.flatMap(({ path, text }) => skippedFor(path, whyNoManifest(text)))];
    for (const { file, reason } of whole) {
      told.warn('file passed over', { file, reason });
    }
    const skipped = [...whole, ...faults.map(({ file, error }) => ({ file, reason: error.message }))];
    return {
      revision,
      files: [...kept, ...scanned.flatMap(factsOf)],
      skipped: [...(before?.skipped.filter(isKept) ?? []), ...skipped].slice(0, MAX_SKIPPED),
      blockList: isNew(BLOCK_LIST_FILE) ? own.blockList : before?.blockList,
      freezeFile: isNew(FREEZE_FILE) ? own.freezeFile : before?.freezeFile,
    };
  }
}

/** Without what counts only once; none for a file that says nothing. */
function factsOf({ file, sites, marked, declarations, unread }: FileFacts): readonly FileFacts[] {
  return [sites, marked, declarations, unread].every(({ length }) => length === 0)
    ? []
    : [{ file, sites, marked, declarations, unread }];
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
function readCached(value: unknown): KnownRepository | undefined {
  return isCached(value) ? value : undefined;
}

function isCached(value: unknown): value is KnownRepository {
  return typeof value === 'object' && value !== null && 'revision' in value && 'files' in value;
}
