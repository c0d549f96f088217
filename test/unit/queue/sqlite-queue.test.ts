import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { openSqliteQueue } from '../../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../../infra/local/queue/store.ts';
import { MAX_BODY_BYTES } from '../../../shared/queue/port.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-queue-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const newFile = () => {
  files += 1;
  return join(directory, `${files}.db`);
};
const now = { max: 10, visibilitySeconds: 30, waitSeconds: 0 };

test.each([
  {
    what: 'no group',
    message: { body: '{}', deduplicationId: 'a' },
    text: 'queue updates.fifo: expected a group and a deduplication id, found a message without',
  },
  {
    what: 'no deduplication id',
    message: { body: '{}', groupId: 'a' },
    text: 'queue updates.fifo: expected a group and a deduplication id, found a message without',
  },
  {
    what: 'a body that is too large in bytes, if not in letters',
    message: { body: 'ü'.repeat(MAX_BODY_BYTES / 2 + 1), groupId: 'a', deduplicationId: 'a' },
    text: 'queue updates.fifo: expected a message of at most 262144 bytes, found 262146 bytes',
  },
])('$what: nothing of that send is in', async ({ message, text }) => {
  const queue = openSqliteQueue(openQueueStore(':memory:'), { name: 'updates.fifo', fifo: true });
  const good = { body: '{}', groupId: 'g', deduplicationId: 'd' };
  await expect(queue.send([good, message])).rejects.toMatchObject({
    code: 'message-invalid',
    retryable: false,
    message: text,
  });
  expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 });
  await queue.send([good]);
  expect(await queue.depth()).toEqual({ visible: 1, inFlight: 0 });
});

test('a body of the largest size is taken', async () => {
  const queue = openSqliteQueue(openQueueStore(':memory:'), { name: 'pushes', fifo: false });
  await queue.send([{ body: 'x'.repeat(MAX_BODY_BYTES) }]);
  expect(await queue.receive(now)).toHaveLength(1);
});

test('a full disk: a fault that passes, and what was in stays in', async () => {
  const file = newFile();
  const store = openQueueStore(file);
  const queue = openSqliteQueue(store, { name: 'pushes', fifo: false });
  await queue.send([{ body: 'before' }]);
  store.exec('PRAGMA max_page_count = 1');
  const large = Array.from({ length: 20 }, () => ({ body: 'x'.repeat(100_000) }));
  await expect(queue.send(large)).rejects.toMatchObject({
    code: 'queue-unavailable',
    retryable: true,
    message:
      'queue pushes: expected the store to answer, found database or disk is full. ' +
      'Nothing was changed; look at the disk that holds it',
  });
  store.exec('PRAGMA max_page_count = 100000');
  expect((await queue.receive(now)).map(({ body }) => body)).toEqual(['before']);
  await queue.send(large);
  expect(await queue.depth()).toEqual({ visible: 20, inFlight: 1 });
});

test('a store that another process holds locked: a fault that passes', async () => {
  const file = newFile();
  const store = openQueueStore(file);
  store.exec('PRAGMA busy_timeout = 10');
  const queue = openSqliteQueue(store, { name: 'pushes', fifo: false });
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  await expect(queue.send([{ body: '{}' }])).rejects.toMatchObject({ code: 'queue-unavailable', retryable: true });
  other.exec('ROLLBACK');
  await queue.send([{ body: '{}' }]);
  expect(await queue.depth()).toEqual({ visible: 1, inFlight: 0 });
});

test('a receive that waits sees what another connection to the file sends', async () => {
  const file = newFile();
  const open = () => openSqliteQueue(openQueueStore(file), { name: 'pushes', fifo: false });
  const waiting = open().receive({ ...now, waitSeconds: 10 });
  // Under another name in this process: only the file tells the one that waits.
  const other = openQueueStore(file);
  await openSqliteQueue(other, { name: 'elsewhere', fifo: false }).send([{ body: 'from outside' }]);
  other.exec(`UPDATE messages SET queue = 'pushes'`);
  expect((await waiting).map(({ body }) => body)).toEqual(['from outside']);
});

test('queues of one file are apart, and keep what they had when the file is opened again', async () => {
  const file = newFile();
  const first = openQueueStore(file);
  await openSqliteQueue(first, { name: 'a', fifo: false }).send([{ body: 'for a' }]);
  await openSqliteQueue(first, { name: 'b', fifo: false }).send([{ body: 'for b' }]);
  first.close();
  const queue = openSqliteQueue(openQueueStore(file), { name: 'a', fifo: false });
  expect((await queue.receive(now)).map(({ body }) => body)).toEqual(['for a']);
});
