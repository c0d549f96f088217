import type { DatabaseSync } from 'node:sqlite';
import type { MessageQueue } from '../../shared/queue/port.ts';
import { openSqliteQueue } from './queue/sqlite-queue.ts';

/** How often a message is received before it moves to its dead-letter queue. */
export const MAX_RECEIVES = 5;

/** The queues between the functions, each with the one for its dead letters. */
export interface Queues {
  readonly pushes: MessageQueue;
  readonly pushesDead: MessageQueue;
  readonly updates: MessageQueue;
  readonly updatesDead: MessageQueue;
  /** Invocations of report-apply that nobody waits for. */
  readonly reports: MessageQueue;
  readonly reportsDead: MessageQueue;
}

/** Opens them in one file. */
export function openQueues(store: DatabaseSync): Queues {
  const pair = (name: string, fifo: boolean) => {
    const deadLetters = `${name}-dead`;
    return [
      openSqliteQueue(store, { name, fifo, redrive: { maxReceives: MAX_RECEIVES, deadLetters } }),
      openSqliteQueue(store, { name: deadLetters, fifo }),
    ] as const;
  };
  const [pushes, pushesDead] = pair('pushes', false);
  const [updates, updatesDead] = pair('updates.fifo', true);
  const [reports, reportsDead] = pair('reports', false);
  return { pushes, pushesDead, updates, updatesDead, reports, reportsDead };
}
