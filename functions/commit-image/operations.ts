import type { WatchedRepository } from '../../shared/decision/repository.ts';
import { deadLetterCheck, queueCheck, writingChecks } from '../../shared/operations/checks.ts';
import type { DeadLetters, Operations } from '../../shared/operations/operations.ts';
import type { MessageQueue } from '../../shared/queue/port.ts';

export interface CommitOperationPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly updates: () => Promise<MessageQueue>;
  readonly deadLetters: DeadLetters;
}

/** What commit-image can say: it alone writes to Git. */
export function commitOperations({ repositories, updates, deadLetters }: CommitOperationPorts): Operations {
  return {
    checks: [
      ...writingChecks(repositories),
      queueCheck('updates', updates),
      deadLetterCheck('updates', deadLetters.open),
    ],
    deadLetters,
  };
}
