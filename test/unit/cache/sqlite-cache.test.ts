import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { openSqliteCache } from '../../../infra/local/cache/sqlite-cache.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a second process finds what the first kept', async () => {
  const file = join(directory, 'shared.db');
  await openSqliteCache(file).set('key', { tag: '1.0' }, 60);
  expect(await openSqliteCache(file).get('key')).toEqual({ tag: '1.0' });
});

test('what has expired leaves the file', async () => {
  const file = join(directory, 'pruned.db');
  let time = 0;
  const cache = openSqliteCache(file, () => time);
  for (const key of ['a', 'b', 'c']) {
    await cache.set(key, 'value', 60);
  }
  time = 60_000;
  await cache.set('d', 'value', 60);
  expect(new DatabaseSync(file).prepare('SELECT key FROM cache').all()).toEqual([{ key: 'd' }]);
});

test('a file that is no database stays as it is, and the cache works', async () => {
  const file = join(directory, 'notes.txt');
  writeFileSync(file, 'not a database, and long enough to look at');
  const cache = openSqliteCache(file);
  await cache.set('key', 'value', 60);
  expect(await cache.get('key')).toBe('value');
  expect(readFileSync(file, 'utf8')).toBe('not a database, and long enough to look at');
});

test('a directory that is not there: the cache works', async () => {
  const cache = openSqliteCache(join(directory, 'nowhere', 'cache.db'));
  await cache.set('key', 'value', 60);
  expect(await cache.get('key')).toBe('value');
});

test('a table that went away later: nothing is kept and nothing is thrown', async () => {
  const file = join(directory, 'dropped.db');
  const cache = openSqliteCache(file);
  new DatabaseSync(file).exec('DROP TABLE cache');
  await cache.set('key', 'value', 60);
  expect(await cache.get('key')).toBeUndefined();
});
