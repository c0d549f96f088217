import { credentialsFor, hostOf, knowsStatuses, type RepositoryConfig, type RepositoryUse } from './repository.ts';
import type { Config } from './schema.ts';
import { referenceOf } from './secret-places.ts';

/** The five functions, by the end of their names on Lambda. */
export type FunctionName = 'receive-push' | 'evaluate-policy' | 'commit-image' | 'sweep' | 'report-apply';

/**
 * The references to secrets that each function reads, each once: what its role has to allow. A function opens all of
 * them with its first event.
 */
export function secretsRead(config: Config): Readonly<Record<FunctionName, readonly string[]>> {
  const { repositories, registries, ca, notifications, clusters = [] } = config;
  const pushes = registries.map(({ push }) => push?.secret);
  const images = registries.map(({ credentials }) => credentials);
  const reading = repositories.flatMap((repository) => secretsOf(repository, 'read'));
  const committing = repositories.flatMap((repository) => secretsOf(repository, 'commit'));
  const telling = repositories.filter(knowsStatuses).flatMap((repository) => secretsOf(repository, 'status'));
  return {
    'receive-push': each(pushes),
    'evaluate-policy': each([...reading, ...images, ca]),
    'commit-image': each([...committing, ...images, ca]),
    sweep: each([...reading, ...images, ca]),
    'report-apply': each([
      ...telling,
      ...notifications.map(({ webhook }) => webhook),
      ...clusters.map(({ secret }) => secret),
      ca,
    ]),
  };
}

/** What opens a repository; an API asks for no known hosts. */
function secretsOf(repository: RepositoryConfig, use: RepositoryUse): readonly (string | undefined)[] {
  const secret = referenceOf(credentialsFor(repository, use));
  return hostOf(repository) === 'git' ? [secret, repository.knownHosts] : [secret];
}

function each(references: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(references.filter((reference) => reference !== undefined))];
}
