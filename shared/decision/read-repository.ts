import type { Site } from '../manifest/site.ts';
import { type Blocks, readBlocksInTurn } from './blocks.ts';
import { type Holds, readHolds } from './holds.ts';
import type { RepositoryTime } from './repository-time.ts';
import { whenSet } from './site-history.ts';
import type { RepositorySites, SiteReader, WatchedRepository } from './site-reader.ts';
import type { WhenSet } from './standing.ts';

/** A repository as it stands now, with what its sites are decided by. */
export interface RepositoryState extends RepositorySites {
  readonly repository: WatchedRepository;
  readonly blocks: Blocks;
  readonly holds: Holds;
  readonly whenSetAt: (site: Site) => WhenSet;
}

export interface ReadPorts {
  readonly readSites: SiteReader;
  readonly time: RepositoryTime;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Reads a repository, its block list and its freezes within so much time.
 *
 * @throws SluiceError `git-…`
 */
export async function readRepository(
  repository: WatchedRepository,
  millis: number,
  { readSites, time, now }: ReadPorts,
): Promise<RepositoryState> {
  return time.spend(repository.config, millis, async () => {
    const found = await readSites(repository);
    const { host, config, freezes } = repository;
    const place = { host, branch: config.branch, revision: found.revision };
    return {
      ...found,
      repository,
      blocks: await readBlocksInTurn(found.blockList, now()),
      holds: readHolds({ ...found, freezes }, now()),
      whenSetAt: (site) => async () => whenSet(site, place),
    };
  });
}
