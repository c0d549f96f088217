import type { RepositoryConfig } from '../config/schema.ts';
import type { GitHost, RepositoryFile } from '../git-host/port.ts';
import type { Log } from '../log.ts';
import { scanFile } from '../manifest/scan.ts';
import type { ScannedFile, Site } from '../manifest/site.ts';

/** A configured repository and branch, and the way to it. */
export interface WatchedRepository {
  readonly config: RepositoryConfig;
  readonly host: GitHost;
}

/** All places of a repository that name an image, at one revision. */
export interface RepositorySites {
  readonly revision: string;
  readonly sites: readonly Site[];
}

/** Reads the sites at the head of a repository's branch. */
export type SiteReader = (repository: WatchedRepository) => Promise<RepositorySites>;

/**
 * A reader that remembers the last revision of each repository, and each file by its content: a push to a repository
 * that has not moved costs one look at its head, and a moved one the parsing of what changed.
 *
 * @param log is told what cannot be read, once for each revision
 */
export function siteReader(log: Log): SiteReader {
  const latest = new Map<WatchedRepository, RepositorySites>();
  const scans = new Map<WatchedRepository, ReadonlyMap<string, ScannedFile>>();
  return async (repository) => {
    const { config, host } = repository;
    const revision = await host.head(config.branch);
    const known = latest.get(repository);
    if (known?.revision === revision) {
      return known;
    }
    const files = await host.files(revision, config.paths);
    const scanned = scanChanged(files, scans.get(repository) ?? new Map());
    scans.set(repository, scanned);
    for (const error of [...scanned.values()].flatMap((file) => file.faults)) {
      log.warn('manifest skipped', { repository: config.url, revision, error });
    }
    const sites = { revision, sites: [...scanned.values()].flatMap((file) => file.sites) };
    latest.set(repository, sites);
    return sites;
  };
}

function scanChanged(
  files: readonly RepositoryFile[],
  before: ReadonlyMap<string, ScannedFile>,
): ReadonlyMap<string, ScannedFile> {
  return new Map(
    files.map((file) => {
      const key = `${file.blob} ${file.path}`;
      return [key, before.get(key) ?? scanFile(file.path, file.text)];
    }),
  );
}
