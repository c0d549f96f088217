import { test } from 'vitest';
import type { MessageQueue, ReceivedMessage } from '../../shared/queue/port.ts';

export interface QueueOptions {
  readonly fifo: boolean;
  /** How often a message is received before it moves to the dead-letter queue; never where it is left out. */
  readonly maxReceives?: number;
}

export interface OpenedQueue {
  /** Empty. */
  readonly queue: MessageQueue;
  readonly deadLetters: MessageQueue;
  /** Lets so much time pass for the queue. */
  advance(millis: number): Promise<void>;
  close(): Promise<void>;
}

export interface QueueAbilities {
  /** Says in a dead letter's attribute `error` why it is one. */
  readonly reasons: boolean;
  /** The tests of rules that this queue does not keep, by their names, and what it does instead; SQS keeps them. */
  readonly differences?: Readonly<Record<string, string>>;
}

/** `test` for a queue: one of a rule that is known not to be kept says so, and fails where it is kept by now. */
export function ruleOf({ differences = {} }: QueueAbilities) {
  return (name: string, check: () => Promise<void>): void => {
    const instead = differences[name];
    const [define, title] = instead === undefined ? [test, name] : [test.fails, `${name} (not here: ${instead})`];
    define(title, check);
  };
}

export type OpenQueue = (options: QueueOptions) => Promise<OpenedQueue>;

export const VISIBILITY_SECONDS = 2;
export const VISIBILITY_MILLIS = VISIBILITY_SECONDS * 1000;

/** Takes what is there now. */
export async function take(queue: MessageQueue, max = 10): Promise<readonly ReceivedMessage[]> {
  return queue.receive({ max, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: 0 });
}

/** Takes the only message that is there. */
export async function takeOne(queue: MessageQueue): Promise<ReceivedMessage> {
  const received = await take(queue);
  const [message] = received;
  if (message === undefined || received.length !== 1) {
    throw new Error(`one message was expected, ${received.length} came`);
  }
  return message;
}

export function bodiesOf(messages: readonly ReceivedMessage[]): readonly string[] {
  return messages.map(({ body }) => body);
}
