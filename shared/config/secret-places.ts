import type { RepositoryConfig } from './repository.ts';
import type { Config } from './schema.ts';

/** A reference to a secret, and where it stands: `registries[0].push.secret`. */
export interface SecretPlace {
  readonly path: string;
  readonly reference: string;
}

/** Every reference to a secret in a configuration, in its order. */
export function secretPlaces({
  repositories,
  registries,
  ca,
  notifications,
  clusters = [],
}: Config): readonly SecretPlace[] {
  return [
    ...repositories.flatMap(({ credentials, readCredentials, knownHosts }, at) => [
      ...placeOfCredentials(`repositories[${at}].credentials`, credentials),
      ...placeOfCredentials(`repositories[${at}].readCredentials`, readCredentials),
      ...place(`repositories[${at}].knownHosts`, knownHosts),
    ]),
    ...registries.flatMap(({ push, credentials }, at) => [
      ...place(`registries[${at}].push.secret`, push?.secret),
      ...place(`registries[${at}].credentials`, credentials),
    ]),
    ...place('ca', ca),
    ...notifications.flatMap(({ webhook }, at) => place(`notifications[${at}].webhook`, webhook)),
    ...clusters.flatMap(({ secret }, at) => place(`clusters[${at}].secret`, secret)),
  ];
}

/** The reference in credentials: a token or key, or the private key of a GitHub App. */
export function referenceOf(credentials: RepositoryConfig['credentials']): string | undefined {
  return typeof credentials === 'object' ? credentials.privateKey : credentials;
}

function placeOfCredentials(path: string, credentials: RepositoryConfig['credentials']): readonly SecretPlace[] {
  return place(typeof credentials === 'object' ? `${path}.privateKey` : path, referenceOf(credentials));
}

function place(path: string, reference: string | undefined): readonly SecretPlace[] {
  return reference === undefined ? [] : [{ path, reference }];
}
