import type { SiteReader, WatchedRepository } from '../../shared/decision/site-reader.ts';
import type { RegistryFor } from '../../shared/decision/tag-lookup.ts';
import { deadLetterChecks, queueCheck } from '../../shared/operator/checks.ts';
import type { DeadLetters, Operations } from '../../shared/operator/operations.ts';
import { registryChecks } from '../../shared/operator/registry-checks.ts';
import { readingChecks } from '../../shared/operator/site-checks.ts';
import type { MessageQueue } from '../../shared/queue/port.ts';

export interface EvaluateOperationPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly readSites: SiteReader;
  /** The hosts of the configured registries. */
  readonly hosts: readonly string[];
  readonly registry: RegistryFor;
  readonly pushes: () => Promise<MessageQueue>;
  /** Undefined where there are none. */
  readonly deadLetters: DeadLetters | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What evaluate-policy can say: it reads Git and registries. */
export function evaluateOperations(ports: EvaluateOperationPorts): Operations {
  const { repositories, readSites, hosts, registry, pushes, deadLetters, now } = ports;
  return {
    checks: [
      ...readingChecks(repositories, readSites, hosts, now),
      ...registryChecks(hosts, registry, repositories, readSites),
      queueCheck('pushes', pushes),
      ...deadLetterChecks('pushes', deadLetters),
    ],
    deadLetters,
  };
}
