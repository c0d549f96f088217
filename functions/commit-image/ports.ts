import type { RepositoryTime } from '../../shared/decision/repository-time.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import type { RegistryFor } from '../../shared/decision/tag-lookup.ts';
import type { Log } from '../../shared/log.ts';
import type { HeadCache } from './branch/head-cache.ts';
import type { CommitRateLimit } from './commit-rate-limit.ts';

/** What commit-image holds: the only write tokens there are, and eyes on registries for deciding again. */
export interface CommitPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly registry: RegistryFor;
  readonly heads: HeadCache;
  readonly rateLimit: CommitRateLimit;
  readonly time: RepositoryTime;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
