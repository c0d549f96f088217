import type { DeadLetter } from '../queue/dead-letter.ts';
import { listDeadLetters, type Redriven, redriveDeadLetters } from '../queue/dead-letters.ts';
import { checkMessage } from '../queue/messages.ts';
import type { MessageQueue, MessageSender } from '../queue/port.ts';
import * as z from '../schema.ts';
import { type Check, type Finding, failureOf, runChecks } from './finding.ts';

/**
 * What an operator asks of a function, by Lambda's Invoke alone: no API, queue or rule can make such an event, and IAM
 * says who may invoke.
 */
const operationSchema = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('check') }),
  z.object({ operation: z.literal('dead-letters') }),
  z.object({ operation: z.literal('redrive'), messageIds: z.optional(z.array(z.string())) }),
]);
type Operation = z.infer<typeof operationSchema>;

/** What a function offers to its operator: what it alone can see and reach, by its own rights. */
export interface Operations {
  readonly checks: readonly Check[];
  /** Where registries tell of pushes, a URL for each source. */
  readonly pushUrls?: readonly string[];
  readonly deadLetters?: DeadLetters | undefined;
}

/** A function's own dead-letter queue, and where its messages came from. */
export interface DeadLetters {
  readonly open: () => Promise<MessageQueue>;
  readonly target: MessageSender;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
  readonly pushUrls: readonly string[];
}

export interface DeadLettersResult {
  readonly deadLetters: readonly DeadLetter[];
}

export type OperationResult = CheckResult | DeadLettersResult | Redriven;

/**
 * Answers an operator.
 *
 * @param event what the function was invoked with
 * @param open what cannot be opened is the answer to a check
 * @throws SluiceError `message-invalid` for an operation that is not known, `queue-unavailable`, or what the place
 *   throws that dead letters came from
 */
export async function answerOperation(event: unknown, open: () => Promise<Operations>): Promise<OperationResult> {
  const operation = checkMessage(operationSchema, event, 'operation');
  let operations: Operations;
  try {
    operations = await open();
  } catch (error) {
    if (operation.operation === 'check') {
      return { findings: [failureOf(error)], pushUrls: [] };
    }
    throw error;
  }
  return run(operation, operations);
}

async function run(operation: Operation, { checks, pushUrls = [], deadLetters }: Operations): Promise<OperationResult> {
  if (operation.operation === 'check') {
    return { findings: await runChecks(checks), pushUrls };
  }
  const isListed = operation.operation === 'dead-letters';
  if (deadLetters === undefined) {
    return isListed ? { deadLetters: [] } : { redriven: 0, left: 0 };
  }
  const queue = await deadLetters.open();
  return isListed
    ? { deadLetters: await listDeadLetters(queue) }
    : redriveDeadLetters(queue, deadLetters.target, { messageIds: operation.messageIds });
}
