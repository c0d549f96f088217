import { hostOf, knowsStatuses, type RepositoryConfig } from './repository.ts';
import type { Config } from './schema.ts';
import { credentialsReference } from './secret-places.ts';

/** The five functions, by the end of their names on Lambda. */
export type FunctionName = 'receive-push' | 'evaluate-policy' | 'commit-image' | 'sweep' | 'report-apply';

/**
 * The references to secrets that each function reads, each once: what its role has to allow. A function opens all of
 * them with its first event.
 */
export function secretsRead(config: Config): Readonly<Record<FunctionName, readonly string[]>> {
  const { repositories, registries, notifications } = config;
  const pushes = registries.map(({ push }) => push?.secret);
  const images = registries.map(({ credentials }) => credentials);
  const sources = repositories.flatMap(secretsOfRepository);
  const statuses = repositories.filter(knowsStatuses).flatMap(secretsOfRepository);
  return {
    'receive-push': each(pushes),
    'evaluate-policy': each([...sources, ...images]),
    'commit-image': each([...sources, ...images]),
    sweep: each([...sources, ...images]),
    'report-apply': each([...statuses, ...notifications.map(({ webhook }) => webhook)]),
  };
}

/** What opens a repository; an API asks for no known hosts. */
function secretsOfRepository(repository: RepositoryConfig): readonly (string | undefined)[] {
  const secret = credentialsReference(repository);
  return hostOf(repository) === 'git' ? [secret, repository.knownHosts] : [secret];
}

function each(references: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(references.filter((reference) => reference !== undefined))];
}
