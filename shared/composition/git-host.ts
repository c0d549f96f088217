import { hostOf, type RepositoryConfig } from '../config/repository.ts';
import { readCredentials } from '../git/credentials.ts';
import type { GitHost } from '../git-host/port.ts';
import type { Log } from '../log.ts';
import type { SecretReader } from '../secrets/secrets.ts';

const TIMEOUT_MILLIS = 20_000;

export interface GitHostOptions {
  readonly secrets: SecretReader;
  /** For the keys of this repository alone. */
  readonly keys: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Opens a configured repository by the API of its host. The client of a host is loaded only where one is used.
 *
 * @throws SluiceError `secret-unavailable` or `config-invalid`
 */
export async function openGitHost(repository: RepositoryConfig, options: GitHostOptions): Promise<GitHost> {
  const { url, api } = repository;
  const { now, log } = options;
  const common = { url, api, timeoutMillis: TIMEOUT_MILLIS, now, log };
  const kind = hostOf(repository);
  if (kind === 'github') {
    const { openGitHub } = await import('../git-host/github/open.ts');
    return openGitHub({ ...common, credentials: await githubCredentials(repository, options) });
  }
  if (kind === 'gitlab') {
    const { openGitLab } = await import('../git-host/gitlab/open.ts');
    return openGitLab({ ...common, token: await token(repository, options) });
  }
  const credentials = await plainCredentials(repository, options);
  const { openPlainGit } = await import('../git-host/git/open.ts');
  return openPlainGit({ url, credentials, timeoutMillis: TIMEOUT_MILLIS });
}

async function githubCredentials(repository: RepositoryConfig, options: GitHostOptions) {
  const { credentials } = repository;
  if (typeof credentials === 'object') {
    const { app: appId, installation: installationId } = credentials;
    const privateKey = await options.secrets(credentials.privateKey);
    return { kind: 'app', appId, privateKey, ...(installationId === undefined ? {} : { installationId }) } as const;
  }
  const text = await token(repository, options);
  return text === undefined ? ({ kind: 'none' } as const) : ({ kind: 'token', token: text } as const);
}

/** Of `user:token`, which Git takes, an API takes the token. */
async function token({ credentials }: RepositoryConfig, { secrets }: GitHostOptions): Promise<string | undefined> {
  const text = typeof credentials === 'string' ? await secrets(credentials) : undefined;
  return text?.slice(text.indexOf(':') + 1);
}

async function plainCredentials({ credentials, knownHosts }: RepositoryConfig, { secrets, keys }: GitHostOptions) {
  const read = async (reference: string | undefined) => (reference === undefined ? undefined : secrets(reference));
  const secret = typeof credentials === 'string' ? credentials : undefined;
  const [text, hosts] = await Promise.all([read(secret), read(knownHosts)]);
  return readCredentials(text, hosts, keys);
}
