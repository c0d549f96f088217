import { DatabaseSync } from 'node:sqlite';
import type { Cache } from '../../../shared/cache/port.ts';

/**
 * A cache in a file; `:memory:` keeps it in this process. A file that cannot be read or written caches nothing.
 *
 * @param now milliseconds since the epoch
 */
export function openSqliteCache(file: string, now: () => number = Date.now): Cache {
  const database = new DatabaseSync(file, { timeout: 1000 });
  // A cache may lose its last entries to a power cut.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  database.exec(
    'CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  );
  database.prepare('DELETE FROM cache WHERE expires_at <= ?').run(now());
  const read = database.prepare('SELECT value FROM cache WHERE key = ? AND expires_at > ?');
  const write = database.prepare('INSERT OR REPLACE INTO cache VALUES (?, ?, ?)');
  return {
    async get(key) {
      try {
        const row = read.get(key, now());
        return row === undefined ? undefined : JSON.parse(String(row['value']));
      } catch {
        return undefined;
      }
    },
    async set(key, value, ttlSeconds) {
      try {
        write.run(key, JSON.stringify(value), now() + ttlSeconds * 1000);
      } catch {
        // Only time is lost.
      }
    },
  };
}
