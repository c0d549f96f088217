import { join } from 'node:path';
import type { AwsAccount } from '../aws/account.ts';
import type { Cache } from '../cache/port.ts';
import { freezesOf } from '../config/freeze.ts';
import { credentialsFor, knowsStatuses, type RepositoryUse } from '../config/repository.ts';
import type { WatchedRepository } from '../decision/site-reader.ts';
import type { RegistryFor } from '../decision/tag-lookup.ts';
import type { Log } from '../log.ts';
import { readRegistryCredentials } from '../registry/authentication.ts';
import { openRegistry } from '../registry/client.ts';
import { ecrRegistry } from '../registry/ecr-address.ts';
import { ecrCredentials } from '../registry/ecr-authentication.ts';
import { trustAuthorities } from './authorities.ts';
import type { Secrets } from './endpoints.ts';
import { openGitHost } from './git-host.ts';
import type { OpenPushClock } from './push-clock.ts';
import { type AskForNewSecrets, retriedWithNewSecrets } from './refused-credentials.ts';

/** What a configuration names, opened: nothing is asked of anybody yet. */
export interface ConnectionOptions extends Secrets {
  /** Is asked where a host refuses credentials: are there other secrets by now? */
  readonly newSecrets?: AskForNewSecrets;
  /** Whoever this process is on AWS: registries of ECR are opened by it. */
  readonly aws: AwsAccount;
  /** For keys; may be emptied between runs. */
  readonly directory: string;
  readonly cache: Cache;
  /** What is open already, where several functions share a process; it is opened for `commit`. */
  readonly opened?: { readonly repositories: readonly WatchedRepository[]; readonly registry: RegistryFor };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * The configured repositories, with no more power than their use asks for; those for `status` are at hosts where
 * something can be said of a commit. Every function that speaks to hosts of the operator's begins with it, so that it
 * has this process trust the configured authorities too.
 *
 * @throws SluiceError `secret-unavailable` or `config-invalid`
 */
export async function openRepositories(
  { config, secrets, newSecrets, directory, opened: shared, now, log }: ConnectionOptions,
  use: RepositoryUse = 'commit',
): Promise<readonly WatchedRepository[]> {
  if (shared !== undefined) {
    return shared.repositories;
  }
  await trustAuthorities({ config, secrets });
  const opened = config.repositories.map(async (repository, index) => {
    if (use === 'status' && !knowsStatuses(repository)) {
      return [];
    }
    const keys = join(directory, 'keys', String(index));
    const credentials = credentialsFor(repository, use);
    const host = await openGitHost({ ...repository, credentials }, { secrets, keys, now, log });
    const freezes = freezesOf(config.freezes, repository);
    return [{ config: repository, host: retriedWithNewSecrets(host, newSecrets), freezes }];
  });
  return (await Promise.all(opened)).flat();
}

/**
 * The configured registries; no other is ever spoken to.
 *
 * @param openClock for whoever reads their clocks
 * @throws SluiceError `secret-unavailable`
 */
export async function openRegistries(
  { config, secrets, newSecrets, aws, cache, opened: shared, now, log }: ConnectionOptions,
  openClock?: OpenPushClock,
): Promise<RegistryFor> {
  if (shared !== undefined) {
    return shared.registry;
  }
  const opened = await Promise.all(
    config.registries.map(async ({ host, insecure, alsoAt, credentials: reference }) => {
      const own = reference === undefined ? undefined : readRegistryCredentials(await secrets(reference));
      const ecr = ecrRegistry(host);
      const credentials = own ?? (ecr === undefined ? undefined : ecrCredentials(ecr, aws, now));
      const clock = openClock?.(host, { credentials: own, aws, now, log });
      const registry = openRegistry({ host, insecure, alsoAt, credentials, cache, clock, now });
      return [host, retriedWithNewSecrets(registry, newSecrets)] as const;
    }),
  );
  const registries = new Map(opened);
  return (host) => registries.get(host);
}
