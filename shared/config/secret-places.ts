import type { RepositoryConfig } from './repository.ts';
import type { Config } from './schema.ts';

/** A reference to a secret, and where it stands: `registries[0].push.secret`. */
export interface SecretPlace {
  readonly path: string;
  readonly reference: string;
}

/** Every reference to a secret in a configuration, in its order. */
export function secretPlaces({ repositories, registries, notifications }: Config): readonly SecretPlace[] {
  return [
    ...repositories.flatMap((repository, at) => [
      ...place(`repositories[${at}].${credentialsPath(repository)}`, credentialsReference(repository)),
      ...place(`repositories[${at}].knownHosts`, repository.knownHosts),
    ]),
    ...registries.flatMap(({ push, credentials }, at) => [
      ...place(`registries[${at}].push.secret`, push?.secret),
      ...place(`registries[${at}].credentials`, credentials),
    ]),
    ...notifications.flatMap(({ webhook }, at) => place(`notifications[${at}].webhook`, webhook)),
  ];
}

/** The reference that opens a repository: a token, a key, or the private key of a GitHub App. */
export function credentialsReference({ credentials }: RepositoryConfig): string | undefined {
  return typeof credentials === 'object' ? credentials.privateKey : credentials;
}

function credentialsPath({ credentials }: RepositoryConfig): string {
  return typeof credentials === 'object' ? 'credentials.privateKey' : 'credentials';
}

function place(path: string, reference: string | undefined): readonly SecretPlace[] {
  return reference === undefined ? [] : [{ path, reference }];
}
