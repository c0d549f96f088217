import type { Cache } from '../../shared/cache/port.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { deadLetterChecks, statusChecks } from '../../shared/operator/checks.ts';
import type { DeadLetters, Operations } from '../../shared/operator/operations.ts';
import { agentCheck } from './last-reports.ts';

export interface ReportOperationPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly cache: Cache;
  /** Undefined where there are none. */
  readonly deadLetters: DeadLetters | undefined;
}

/** What report-apply can say: it hears the agents, and speaks beside commits. */
export function reportOperations({ repositories, cache, deadLetters }: ReportOperationPorts): Operations {
  return {
    checks: [...statusChecks(repositories), agentCheck(cache), ...deadLetterChecks('reports', deadLetters)],
    deadLetters,
  };
}
