import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    group_id TEXT,
    deduplication_id TEXT,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    first_received_at INTEGER,
    receipt TEXT,
    last_error TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (queue, visible_at, sequence);
  CREATE INDEX IF NOT EXISTS messages_in_order ON messages (queue, sequence);
  CREATE INDEX IF NOT EXISTS messages_by_group ON messages (queue, group_id, visible_at);
  CREATE INDEX IF NOT EXISTS messages_by_receipt ON messages (receipt) WHERE receipt IS NOT NULL;
  CREATE TABLE IF NOT EXISTS deduplication (
    queue TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (queue, deduplication_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS deduplication_by_time ON deduplication (queue, sent_at);
`;

/**
 * Opens the file that holds queues; made where there is none. Several processes may have it open.
 *
 * What was committed survives kill -9 by the write-ahead log alone; `synchronous=FULL` makes it survive a power cut too.
 */
export function openQueueStore(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  database.exec(SCHEMA);
  return database;
}

/** Does the work as one transaction; nothing of it stays where it throws. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) {
      database.exec('ROLLBACK');
    }
    throw error;
  }
}

/**
 * Gives back at once what was in flight when the last process that took messages was killed. Only for the one process
 * that takes them: it knows that nobody is at work on them any more.
 *
 * @param now milliseconds since the epoch
 */
export function releaseInFlight(database: DatabaseSync, now: number): void {
  database.prepare('UPDATE messages SET visible_at = ?1, receipt = NULL WHERE visible_at > ?1').run(now);
}
