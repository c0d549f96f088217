import { BLOCK_LIST_FILE } from '../block-list/block-list.ts';
import type { RepositoryConfig } from '../config/repository.ts';
import { isSluiceError, type SluiceError } from '../errors.ts';
import { isUnreadText, whyNoManifest } from '../git-host/passed-over.ts';
import type { GitHost, RepositoryFile } from '../git-host/port.ts';
import { FREEZE_FILE } from '../hold/freeze-file.ts';
import type { Log } from '../log.ts';
import { unreadFile } from '../manifest/objects.ts';
import { countSites } from '../manifest/scan.ts';
import type { FileFacts } from '../manifest/site.ts';
import { type RepositoryLimits, RepositoryTotals } from './repository-limits.ts';
import { FileScanner } from './scan-files.ts';
import { SLUICE_FILES, type SluiceFiles, separateSluiceFiles } from './sluice-files.ts';
import { isBelow } from './watched-paths.ts';

/** So many of what was skipped are remembered, to be told of later. */
export const MAX_SKIPPED = 100;

/** What is remembered of a repository: what each file says by itself, so that those that changed are read alone. */
export interface KnownRepository extends SluiceFiles {
  readonly revision: string;
  /** Those that say something. */
  readonly files: readonly FileFacts[];
  readonly skipped: readonly Skipped[];
}

export interface Skipped {
  /** From the repository's root. */
  readonly file: string;
  readonly reason: string;
}

/** A repository and the way to it. */
interface ReadRepository {
  readonly config: RepositoryConfig;
  readonly host: GitHost;
}

interface ReadFiles {
  readonly files: readonly RepositoryFile[];
  readonly passedOver: readonly Skipped[];
}

/** What is known of a repository and changes at a revision. */
type Before = KnownRepository & { readonly watched: ReadonlySet<string> };

/** A look at a repository until it comes to its end: what was done in one that failed is not done again. */
export class RepositoryReading {
  readonly #repository: ReadRepository;
  readonly #log: Log;
  readonly #limits: RepositoryLimits | undefined;
  readonly #scanner = new FileScanner();
  /** What was found to hold more than it may. */
  #refused: { readonly revision: string; readonly error: SluiceError } | undefined;

  constructor(repository: ReadRepository, log: Log, limits: RepositoryLimits | undefined) {
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
      files: [...kept, ...scanned.flatMap(factsOf), ...whole.flatMap(unreadFacts)],
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

/** A text that a person wrote may declare something, whatever keeps it from being read. */
function unreadFacts({ file, reason }: Skipped): readonly FileFacts[] {
  return isUnreadText(reason) ? [unreadFile(file, reason)] : [];
}

function skippedFor(file: string, reason: string | undefined): readonly Skipped[] {
  return reason === undefined ? [] : [{ file, reason }];
}
