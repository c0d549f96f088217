import { join } from 'node:path';
import type { Cache } from '../cache/port.ts';
import type { RegistryFor } from '../decision/look-up.ts';
import type { WatchedRepository } from '../decision/repository.ts';
import { readCredentials } from '../git/credentials.ts';
import { openPlainGit } from '../git-host/plain-git.ts';
import { readRegistryCredentials } from '../registry/authentication.ts';
import { openRegistry } from '../registry/client.ts';
import type { Secrets } from './endpoints.ts';

const GIT_TIMEOUT_MILLIS = 20_000;

/** What a configuration names, opened: nothing is asked of anybody yet. */
export interface ConnectionOptions extends Secrets {
  /** For clones and keys; may be emptied between runs. */
  readonly directory: string;
  readonly cache: Cache;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The configured repositories.
 *
 * @throws SluiceError `secret-unavailable` or `config-invalid`
 */
export async function openRepositories(options: ConnectionOptions): Promise<readonly WatchedRepository[]> {
  const { config, secrets, directory } = options;
  const read = async (reference: string | undefined) => (reference === undefined ? undefined : secrets(reference));
  return Promise.all(
    config.repositories.map(async (repository, index) => {
      const keys = join(directory, 'keys', String(index));
      const [secret, knownHosts] = await Promise.all([read(repository.credentials), read(repository.knownHosts)]);
      const credentials = await readCredentials(secret, knownHosts, keys);
      const mirrors = join(directory, 'mirrors');
      const host = openPlainGit({
        url: repository.url,
        credentials,
        directory: mirrors,
        timeoutMillis: GIT_TIMEOUT_MILLIS,
      });
      return { config: repository, host };
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
