import type { Cache } from '../../shared/cache/port.ts';
import { deadLetterCheck } from '../../shared/operations/checks.ts';
import type { DeadLetters, Operations } from '../../shared/operations/operations.ts';
import { agentCheck } from './last-reports.ts';

/** What report-apply can say: it hears the agents. */
export function reportOperations(cache: Cache, deadLetters: DeadLetters): Operations {
  return { checks: [agentCheck(cache), deadLetterCheck('reports', deadLetters.open)], deadLetters };
}
