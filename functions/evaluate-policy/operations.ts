import type { RegistryFor } from '../../shared/decision/look-up.ts';
import type { SiteReader, WatchedRepository } from '../../shared/decision/repository.ts';
import { deadLetterCheck, queueCheck, readingChecks, registryChecks } from '../../shared/operations/checks.ts';
import type { DeadLetters, Operations } from '../../shared/operations/operations.ts';
import type { MessageQueue } from '../../shared/queue/port.ts';

export interface EvaluateOperationPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly readSites: SiteReader;
  /** The hosts of the configured registries. */
  readonly hosts: readonly string[];
  readonly registry: RegistryFor;
  readonly pushes: () => Promise<MessageQueue>;
  readonly deadLetters: DeadLetters;
}

/** What evaluate-policy can say: it reads Git and registries. */
export function evaluateOperations(ports: EvaluateOperationPorts): Operations {
  const { repositories, readSites, hosts, registry, pushes, deadLetters } = ports;
  return {
    checks: [
      ...readingChecks(repositories, readSites),
      ...registryChecks(hosts, registry, repositories, readSites),
      queueCheck('pushes', pushes),
      deadLetterCheck('pushes', deadLetters.open),
    ],
    deadLetters,
  };
}
