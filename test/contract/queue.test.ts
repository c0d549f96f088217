import { openSqliteQueue } from '../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../infra/local/queue/store.ts';
import { describeQueue } from './queue.ts';

describeQueue(
  'queue on SQLite',
  async ({ fifo, maxReceives }) => {
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
  },
  { clock: true, reasons: true },
);
