import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { deadLetterChecks, queueCheck, writingChecks } from '../../shared/operator/checks.ts';
import type { DeadLetters, Operations } from '../../shared/operator/operations.ts';
import type { MessageQueue } from '../../shared/queue/port.ts';

export interface CommitOperationPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly updates: () => Promise<MessageQueue>;
  /** Undefined where there are none. */
  readonly deadLetters: DeadLetters | undefined;
}

/** What commit-image can say: it alone writes to Git. */
export function commitOperations({ repositories, updates, deadLetters }: CommitOperationPorts): Operations {
  return {
    checks: [
      ...writingChecks(repositories),
      queueCheck('updates', updates),
      ...deadLetterChecks('updates', deadLetters),
    ],
    deadLetters,
  };
}
