import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, SluiceError } from '../../../shared/errors.ts';
import {
  MAX_BODY_BYTES,
  type MessageQueue,
  type OutgoingMessage,
  type ReceivedMessage,
  type ReceiveOptions,
} from '../../../shared/queue/port.ts';
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
/** What may be received. By time, so that the index has the first ten at hand however many wait. */
const READY = `SELECT * FROM messages WHERE queue = ?1 AND visible_at <= ?2 ORDER BY visible_at, sequence LIMIT ?3`;
/** The same in order, and nothing whose group has a message in flight. */
const READY_FIFO = `
  SELECT * FROM messages AS m INDEXED BY messages_in_order WHERE queue = ?1 AND visible_at <= ?2 AND NOT EXISTS (
    SELECT 1 FROM messages AS f WHERE f.queue = ?1 AND f.group_id = m.group_id AND f.visible_at > ?2
  ) ORDER BY sequence LIMIT ?3`;
/** How often a waiting receive looks by itself: for sends of other processes and for timeouts that end. */
const LOOK_MILLIS = 250;

interface Row {
  readonly sequence: number;
  readonly message_id: string;
  readonly body: string;
  readonly attributes: string;
  readonly group_id: string | null;
  readonly deduplication_id: string | null;
  readonly sent_at: number;
  readonly receive_count: number;
  readonly first_received_at: number | null;
}

/** Wakes receives that wait in this process, by queue. */
const arrivals = new EventEmitter().setMaxListeners(0);

/** A queue of a store. Queues of the same name in the same store are the same. */
export function openSqliteQueue(database: DatabaseSync, settings: QueueSettings): MessageQueue {
  const { name, fifo, redrive, now = Date.now } = settings;
  const insert = database.prepare(
    `INSERT INTO messages (queue, message_id, body, attributes, group_id, deduplication_id, sent_at, visible_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const isDuplicate = database.prepare(
    'SELECT 1 FROM deduplication WHERE queue = ? AND deduplication_id = ? AND sent_at > ?',
  );
  const remember = database.prepare('INSERT OR REPLACE INTO deduplication VALUES (?, ?, ?)');
  const forget = database.prepare('DELETE FROM deduplication WHERE queue = ? AND sent_at <= ?');
  const candidates = database.prepare(fifo ? READY_FIFO : READY);
  const take = database.prepare(
    `UPDATE messages SET receipt = ?, visible_at = ?, receive_count = receive_count + 1,
     first_received_at = COALESCE(first_received_at, ?) WHERE sequence = ?`,
  );
  const bury = database.prepare(
    `UPDATE messages SET queue = ?, receive_count = 0, receipt = NULL, attributes = json_set(
       attributes, '$.error', COALESCE(last_error, 'received ' || receive_count || ' times and never deleted')
     ) WHERE sequence = ?`,
  );
  const remove = database.prepare('DELETE FROM messages WHERE queue = ? AND receipt = ?');
  const hide = database.prepare(
    'UPDATE messages SET visible_at = ?, last_error = COALESCE(?, last_error) WHERE queue = ? AND receipt = ?',
  );
  const count = database.prepare(
    'SELECT COUNT(*) FILTER (WHERE visible_at <= ?2) AS visible, COUNT(*) AS total FROM messages WHERE queue = ?1',
  );

  const put = ({ body, groupId, deduplicationId, attributes = {} }: OutgoingMessage) => {
    if (fifo && (groupId === undefined || deduplicationId === undefined)) {
      throw invalid(name, 'a group and a deduplication id', 'a message without');
    }
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_BODY_BYTES) {
      throw invalid(name, `a message of at most ${MAX_BODY_BYTES} bytes`, `${bytes} bytes`);
    }
    const time = now();
    if (fifo && deduplicationId !== undefined) {
      if (isDuplicate.get(name, deduplicationId, time - DEDUPLICATION_MILLIS) !== undefined) {
        return;
      }
      remember.run(name, deduplicationId, time);
    }
    const text = JSON.stringify(attributes);
    insert.run(name, randomUUID(), body, text, groupId ?? null, deduplicationId ?? null, time, time);
  };

  const receiveNow = (max: number, visibilitySeconds: number): readonly ReceivedMessage[] =>
    transaction(database, () => {
      const time = now();
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

  return {
    async send(messages) {
      await storing(name, () =>
        transaction(database, () => {
          forget.run(name, now() - DEDUPLICATION_MILLIS);
          messages.forEach(put);
        }),
      );
      arrivals.emit(name);
    },
    async receive({ max, visibilitySeconds, waitSeconds, signal }: ReceiveOptions) {
      const until = performance.now() + waitSeconds * 1000;
      for (;;) {
        // Once nobody waits any more, nothing is taken: it would stay hidden until its timeout ends.
        if (signal?.aborted === true) {
          return [];
        }
        const ended = new AbortController();
        const either = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
        // Listens before it looks: what arrives in between is not missed.
        const arrived = once(arrivals, name, { signal: either }).catch(() => {});
        try {
          const received = await storing(name, () => receiveNow(Math.min(max, MAX_BATCH), visibilitySeconds));
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
    },
    async delete(receiptHandle) {
      await storing(name, () => remove.run(name, receiptHandle));
      arrivals.emit(name);
    },
    async changeVisibility(receiptHandle, seconds, reason) {
      await storing(name, () => hide.run(now() + seconds * 1000, reason ?? null, name, receiptHandle));
      arrivals.emit(name);
    },
    async depth() {
      const row = await storing(name, () => count.get(name, now()));
      const { visible, total } = row as { visible: number; total: number };
      return { visible, inFlight: total - visible };
    },
  };
}

/** A locked or full disk is a fault that passes; the transaction left nothing behind. */
async function storing<T>(queue: string, work: () => T): Promise<T> {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof SluiceError) {
      throw cause;
    }
    throw new SluiceError({
      code: 'queue-unavailable',
      subject: `queue ${queue}`,
      expected: 'the store to answer',
      found: messageOf(cause),
      next: 'Nothing was changed; look at the disk that holds it',
      retryable: true,
      cause,
    });
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
