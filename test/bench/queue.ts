import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteQueue } from '../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../infra/local/queue/store.ts';
import { type BenchRow, benchRow } from './row.ts';

const RUNS = 500;
const BACKLOG = 10_000;
const BODY = JSON.stringify({ version: 1, id: 'x'.repeat(36), repository: 'demo/hello', pad: 'x'.repeat(400) });

/**
 * A message's way through a queue on disk: sent, received, deleted. The peer is the least that any queue on SQLite does
 * for it: one insert, one update and one delete by key, each a transaction of its own, with the same settings.
 */
export async function benchQueue(): Promise<readonly BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const floor = await floorMillis(join(directory, 'floor.db'));
    const rows: BenchRow[] = [];
    for (const fifo of [false, true]) {
      for (const backlog of [0, BACKLOG]) {
        const file = join(directory, `${fifo}-${backlog}.db`);
        const kind = fifo ? 'FIFO' : 'standard';
        rows.push(
          benchRow(
            `send, receive and delete, ${kind} queue`,
            `${backlog} other messages wait, median of ${RUNS}; peer: insert, update and delete of one row by node:sqlite`,
            await queueMillis(file, fifo, backlog),
            floor,
          ),
        );
      }
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function queueMillis(file: string, fifo: boolean, backlog: number): Promise<number> {
  const store = openQueueStore(file);
  const queue = openSqliteQueue(store, { name: 'bench', fifo, redrive: { maxReceives: 5, deadLetters: 'dead' } });
  let sent = 0;
  const next = () => {
    sent += 1;
    return { body: BODY, ...(fifo ? { groupId: `g${sent % 100}`, deduplicationId: `d${sent}` } : {}) };
  };
  await queue.send(Array.from({ length: backlog }, next));
  const median = await medianOf(async () => {
    await queue.send([next()]);
    for (const { receiptHandle } of await queue.receive({ max: 1, visibilitySeconds: 30, waitSeconds: 0 })) {
      await queue.delete(receiptHandle);
    }
  });
  const { visible, inFlight } = await queue.depth();
  if (visible !== backlog || inFlight !== 0) {
    throw new Error(`${backlog} messages should be left, ${visible} are, and ${inFlight} in flight`);
  }
  store.close();
  return median;
}

async function floorMillis(file: string): Promise<number> {
  const store = openQueueStore(file);
  store.exec('CREATE TABLE floor (id INTEGER PRIMARY KEY, body TEXT, taken INTEGER)');
  const insert = store.prepare('INSERT INTO floor (body) VALUES (?)');
  const update = store.prepare('UPDATE floor SET taken = 1 WHERE id = ?');
  const remove = store.prepare('DELETE FROM floor WHERE id = ?');
  const median = await medianOf(async () => {
    const { lastInsertRowid } = insert.run(BODY);
    update.run(lastInsertRowid);
    remove.run(lastInsertRowid);
  });
  store.close();
  return median;
}

/** In milliseconds, after a tenth as many runs to warm up. */
async function medianOf(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let run = -RUNS / 10; run < RUNS; run += 1) {
    const start = performance.now();
    await work();
    if (run >= 0) {
      times.push(performance.now() - start);
    }
  }
  return times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
}
