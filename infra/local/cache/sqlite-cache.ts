import { DatabaseSync } from 'node:sqlite';
import type { Cache } from '../../../shared/cache/port.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS cache_by_expiry ON cache (expires_at);
`;

/**
 * A cache in a file; `:memory:` keeps it in this process. A file that cannot be opened is left as it is, and the cache
 * kept in memory; one that cannot be read or written later caches nothing.
 *
 * @param now milliseconds since the epoch
 */
export function openSqliteCache(file: string, now: () => number = Date.now): Cache {
  const database = openDatabase(file);
  const read = database.prepare('SELECT value FROM cache WHERE key = ? AND expires_at > ?');
  const write = database.prepare('INSERT OR REPLACE INTO cache VALUES (?, ?, ?)');
  const prune = database.prepare('DELETE FROM cache WHERE expires_at <= ?');
  const get = (key: string): unknown => {
    const row = read.get(key, now());
    return row === undefined ? undefined : JSON.parse(String(row['value']));
  };
  const set = (key: string, value: unknown, ttlSeconds: number) => {
    const time = now();
    prune.run(time);
    write.run(key, JSON.stringify(value), time + ttlSeconds * 1000);
  };
  return {
    get: async (key) => orNothing(() => get(key)),
    set: async (key, value, ttlSeconds) => orNothing(() => set(key, value, ttlSeconds)),
    // One process has the file, and does this in one turn.
    update: async (key, change, ttlSeconds) => orNothing(() => set(key, change(get(key)), ttlSeconds)),
  };
}

/** A file that fails loses only time. */
function orNothing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 1000 });
    // A cache may lose its last entries to a power cut.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`);
    return database;
  } catch (error) {
    database?.close();
    if (file === ':memory:') {
      throw error;
    }
    return openDatabase(':memory:');
  }
}
