import { openSqliteQueue } from '../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../infra/local/queue/store.ts';
import { describeDeadLetters } from './dead-letters.ts';
import type { OpenQueue } from './opened-queue.ts';
import { describeQueue } from './queue.ts';

const open: OpenQueue = async ({ fifo, maxReceives }) => {
  const store = openQueueStore(':memory:');
  let time = Date.UTC(2026, 10, 24);
  const now = () => time;
  const redrive = maxReceives === undefined ? {} : { redrive: { maxReceives, deadLetters: 'dead' } };
  return {
    queue: openSqliteQueue(store, { name: 'work', fifo, now, ...redrive }),
    deadLetters: openSqliteQueue(store, { name: 'dead', fifo, now }),
    async advance(millis) {
      time += millis;
    },
    async close() {
      store.close();
    },
  };
};

const abilities = { clock: true, reasons: true };
describeQueue('queue on SQLite', open, abilities);
describeDeadLetters('queue on SQLite', open);
