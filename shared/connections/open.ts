import { join } from 'node:path';
import type { Cache } from '../cache/port.ts';
import type { RegistryFor } from '../decision/look-up.ts';
import type { WatchedRepository } from '../decision/repository.ts';
import type { Log } from '../log.ts';
import { readRegistryCredentials } from '../registry/authentication.ts';
import { openRegistry } from '../registry/client.ts';
import type { Secrets } from './endpoints.ts';
import { openGitHost } from './git-host.ts';

/** What a configuration names, opened: nothing is asked of anybody yet. */
export interface ConnectionOptions extends Secrets {
  /** For keys; may be emptied between runs. */
  readonly directory: string;
  readonly cache: Cache;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * The configured repositories.
 *
 * @throws SluiceError `secret-unavailable` or `config-invalid`
 */
export async function openRepositories(options: ConnectionOptions): Promise<readonly WatchedRepository[]> {
  const { config, secrets, directory, now, log } = options;
  return Promise.all(
    config.repositories.map(async (repository, index) => {
      const keys = join(directory, 'keys', String(index));
      return { config: repository, host: await openGitHost(repository, { secrets, keys, now, log }) };
    }),
  );
}

/**
 * The configured registries; no other is ever spoken to.
 *
 * @throws SluiceError `secret-unavailable`
 */
export async function openRegistries({ config, secrets, cache, now }: ConnectionOptions): Promise<RegistryFor> {
  const opened = await Promise.all(
    config.registries.map(async ({ host, insecure, credentials: reference }) => {
      const credentials = reference === undefined ? undefined : readRegistryCredentials(await secrets(reference));
      return [host, openRegistry({ host, insecure, credentials, cache, now })] as const;
    }),
  );
  const registries = new Map(opened);
  return (host) => registries.get(host);
}
