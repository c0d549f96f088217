import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, SluiceError } from '../../../shared/errors.ts';
import {
  MAX_BODY_BYTES,
  MAX_DELAY_SECONDS,
  type MessageQueue,
  type OutgoingMessage,
  type ReceivedMessage,
} from '../../../shared/queue/port.ts';
import { prepareStatements, type QueueStatements, type Row } from './statements.ts';
import { transaction } from './store.ts';

export interface QueueSettings {
  readonly name: string;
  readonly fifo: boolean;
  /** How often a message is received before it moves to the dead-letter queue; never where it is left out. */
  readonly redrive?: { readonly maxReceives: number; readonly deadLetters: string };
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html */
const DEDUPLICATION_MILLIS = 5 * 60 * 1000;
const MAX_BATCH = 10;
/** How often a waiting receive looks by itself: for sends of other processes and for timeouts that end. */
const LOOK_MILLIS = 250;

/** Wakes receives that wait in this process, by queue. */
const arrivals = new EventEmitter().setMaxListeners(0);

/** Returns a queue of a store. Queues of the same name in the same store are the same. */
export function openSqliteQueue(database: DatabaseSync, settings: QueueSettings): MessageQueue {
  return new SqliteQueue(database, settings);
}

/** What is public are fields, so that `{ ...queue }` has them too. */
class SqliteQueue implements MessageQueue {
  readonly #database: DatabaseSync;
  readonly #statements: QueueStatements;
  readonly #settings: QueueSettings;
  readonly #now: () => number;

  constructor(database: DatabaseSync, settings: QueueSettings) {
    this.#database = database;
    this.#statements = prepareStatements(database, settings.fifo);
    this.#settings = settings;
    this.#now = settings.now ?? Date.now;
  }

  readonly send: MessageQueue['send'] = async (messages) => {
    const { name } = this.#settings;
    await this.#storing(() =>
      transaction(this.#database, () => {
        this.#statements.forget.run(name, this.#now() - DEDUPLICATION_MILLIS);
        for (const message of messages) {
          this.#put(message);
        }
      }),
    );
    arrivals.emit(name);
  };

  readonly receive: MessageQueue['receive'] = async ({ max, visibilitySeconds, waitSeconds, signal }) => {
    const until = performance.now() + waitSeconds * 1000;
    for (;;) {
      // Once nobody waits any more, nothing is taken: it would stay hidden until its timeout ends.
      if (signal?.aborted === true) {
        return [];
      }
      const ended = new AbortController();
      const either = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
      // Listens before it looks: what arrives in between is not missed.
      const arrived = once(arrivals, this.#settings.name, { signal: either }).catch(() => {});
      try {
        const received = await this.#storing(() => this.#take(Math.min(max, MAX_BATCH), visibilitySeconds));
        const left = until - performance.now();
        if (received.length > 0 || left <= 0) {
          return received;
        }
        const look = sleep(Math.min(left, LOOK_MILLIS), undefined, { signal: either }).catch(() => {});
        await Promise.race([arrived, look]);
      } finally {
        ended.abort();
      }
    }
  };

  readonly delete: MessageQueue['delete'] = async (receiptHandle) => {
    const { name } = this.#settings;
    await this.#storing(() => this.#statements.remove.run(name, receiptHandle));
    arrivals.emit(name);
  };

  readonly changeVisibility: MessageQueue['changeVisibility'] = async (receiptHandle, seconds, reason) => {
    const { name } = this.#settings;
    const visibleAt = this.#now() + seconds * 1000;
    await this.#storing(() => this.#statements.hide.run(visibleAt, reason ?? null, name, receiptHandle));
    arrivals.emit(name);
  };

  readonly depth: MessageQueue['depth'] = async () => {
    const row = await this.#storing(() => this.#statements.count.get(this.#settings.name, this.#now()));
    const { visible, total } = row as { visible: number; total: number };
    return { visible, inFlight: total - visible };
  };

  #put({ body, groupId, deduplicationId, delaySeconds = 0, attributes = {} }: OutgoingMessage): void {
    const { name, fifo } = this.#settings;
    if (fifo && (groupId === undefined || deduplicationId === undefined)) {
      throw invalid(name, 'a group and a deduplication id', 'a message without');
    }
    if (delaySeconds !== 0 && (fifo || delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS)) {
      throw invalid(name, `a delay of at most ${fifo ? 0 : MAX_DELAY_SECONDS} s`, `${delaySeconds} s`);
    }
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_BODY_BYTES) {
      throw invalid(name, `a message of at most ${MAX_BODY_BYTES} bytes`, `${bytes} bytes`);
    }
    const time = this.#now();
    if (fifo && deduplicationId !== undefined) {
      if (this.#statements.isDuplicate.get(name, deduplicationId, time - DEDUPLICATION_MILLIS) !== undefined) {
        return;
      }
      this.#statements.remember.run(name, deduplicationId, time);
    }
    const text = JSON.stringify(attributes);
    const ids = [groupId ?? null, deduplicationId ?? null] as const;
    this.#statements.insert.run(name, randomUUID(), body, text, ...ids, time, time + delaySeconds * 1000);
  }

  /** Hides what it returns; buries what was received too often already, and looks again. */
  #take(max: number, visibilitySeconds: number): readonly ReceivedMessage[] {
    const { name, redrive } = this.#settings;
    const { candidates, take, bury } = this.#statements;
    return transaction(this.#database, () => {
      const time = this.#now();
      for (;;) {
        const rows = candidates.all(name, time, max) as unknown as Row[];
        const dead = rows.filter(({ receive_count }) => receive_count >= (redrive?.maxReceives ?? Infinity));
        if (dead.length === 0) {
          return rows.map((row) => {
            const receipt = randomUUID();
            take.run(receipt, time + visibilitySeconds * 1000, time, row.sequence);
            return toMessage(row, receipt, time);
          });
        }
        for (const { sequence } of dead) {
          bury.run(redrive?.deadLetters ?? null, sequence);
        }
      }
    });
  }

  /** A locked or full disk is a fault that passes; the transaction left nothing behind. */
  async #storing<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof SluiceError) {
        throw cause;
      }
      throw new SluiceError({
        code: 'queue-unavailable',
        subject: `queue ${this.#settings.name}`,
        expected: 'the store to answer',
        found: messageOf(cause),
        next: 'Nothing was changed; look at the disk that holds it',
        retryable: true,
        cause,
      });
    }
  }
}

function toMessage(row: Row, receiptHandle: string, time: number): ReceivedMessage {
  return {
    messageId: row.message_id,
    body: row.body,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    receiptHandle,
    receiveCount: row.receive_count + 1,
    groupId: row.group_id ?? undefined,
    deduplicationId: row.deduplication_id ?? undefined,
    sentAt: row.sent_at,
    firstReceivedAt: row.first_received_at ?? time,
  };
}

function invalid(queue: string, expected: string, found: string): SluiceError {
  return new SluiceError({ code: 'message-invalid', subject: `queue ${queue}`, expected, found });
}
