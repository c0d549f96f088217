import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What may be received. By time, so that the index has the first ten at hand however many wait. */
const READY = `SELECT * FROM messages WHERE queue = ?1 AND visible_at <= ?2 ORDER BY visible_at, sequence LIMIT ?3`;
/** The same in order, and nothing whose group has a message in flight. */
const READY_FIFO = `
  SELECT * FROM messages AS m INDEXED BY messages_in_order WHERE queue = ?1 AND visible_at <= ?2 AND NOT EXISTS (
    SELECT 1 FROM messages AS f WHERE f.queue = ?1 AND f.group_id = m.group_id AND f.visible_at > ?2
  ) ORDER BY sequence LIMIT ?3`;
/** A message as it is stored. */
export interface Row {
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

/** The statements of a queue. */
export interface QueueStatements {
  readonly insert: StatementSync;
  readonly isDuplicate: StatementSync;
  readonly remember: StatementSync;
  readonly forget: StatementSync;
  readonly candidates: StatementSync;
  readonly take: StatementSync;
  readonly bury: StatementSync;
  readonly remove: StatementSync;
  readonly hide: StatementSync;
  readonly count: StatementSync;
}

/** @param fifo are messages received in order? */
export function prepareStatements(database: DatabaseSync, fifo: boolean): QueueStatements {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    insert: prepare(
      `INSERT INTO messages (queue, message_id, body, attributes, group_id, deduplication_id, sent_at, visible_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    isDuplicate: prepare('SELECT 1 FROM deduplication WHERE queue = ? AND deduplication_id = ? AND sent_at > ?'),
    remember: prepare('INSERT OR REPLACE INTO deduplication VALUES (?, ?, ?)'),
    forget: prepare('DELETE FROM deduplication WHERE queue = ? AND sent_at <= ?'),
    candidates: prepare(fifo ? READY_FIFO : READY),
    take: prepare(
      `UPDATE messages SET receipt = ?, visible_at = ?, receive_count = receive_count + 1,
       first_received_at = COALESCE(first_received_at, ?) WHERE sequence = ?`,
    ),
    bury: prepare(
      `UPDATE messages SET queue = ?, receive_count = 0, receipt = NULL, attributes = json_set(
         attributes, '$.error', COALESCE(last_error, 'received ' || receive_count || ' times and never deleted')
       ) WHERE sequence = ?`,
    ),
    remove: prepare('DELETE FROM messages WHERE queue = ? AND receipt = ?'),
    hide: prepare(
      'UPDATE messages SET visible_at = ?, last_error = COALESCE(?, last_error) WHERE queue = ? AND receipt = ?',
    ),
    count: prepare(
      'SELECT COUNT(*) FILTER (WHERE visible_at <= ?2) AS visible, COUNT(*) AS total FROM messages WHERE queue = ?1',
    ),
  };
}
