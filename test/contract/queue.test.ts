import { afterEach, describe, expect, test } from 'vitest';
import { openSqliteQueue } from '../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../infra/local/queue/store.ts';
import { describeDeadLetters } from './dead-letters.ts';
import { bodiesOf, type OpenedQueue, type OpenQueue, take, takeOne, VISIBILITY_MILLIS } from './opened-queue.ts';
import { describeQueue } from './queue.ts';

const a1 = { body: 'a1', groupId: 'a', deduplicationId: 'a1' };

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

describeQueue('queue on SQLite', open, { reasons: true });
describeDeadLetters('queue on SQLite', open);

describe('besides, whose time can be set and which knows reasons', () => {
  let opened: OpenedQueue;
  const openFor = async (fifo: boolean) => {
    opened = await open({ fifo, maxReceives: 3 });
    return opened.queue;
  };
  afterEach(async () => opened.close());

  test.each([{ fifo: false }, { fifo: true }])(
    'a dead letter that nobody gave a reason for says how often it was received (fifo $fifo)',
    async ({ fifo }) => {
      const queue = await openFor(fifo);
      await queue.send([a1]);
      for (let receive = 1; receive <= 3; receive += 1) {
        await takeOne(queue);
        await opened.advance(VISIBILITY_MILLIS + 100);
      }
      expect(await take(queue)).toEqual([]);
      expect((await takeOne(opened.deadLetters)).attributes).toEqual({ error: 'received 3 times and never deleted' });
    },
  );

  test.each([
    { seconds: 299, comes: [] },
    { seconds: 301, comes: ['a1'] },
  ])('an id used again after $seconds seconds: $comes', async ({ seconds, comes }) => {
    const queue = await openFor(true);
    await queue.send([a1]);
    await queue.delete((await takeOne(queue)).receiptHandle);
    await opened.advance(seconds * 1000);
    await queue.send([a1]);
    expect(bodiesOf(await take(queue))).toEqual(comes);
  });

  test('a repetition that was dropped does not begin the five minutes anew', async () => {
    const queue = await openFor(true);
    await queue.send([a1]);
    await opened.advance(200_000);
    await queue.send([a1]);
    await opened.advance(101_000);
    await queue.send([a1]);
    expect(bodiesOf(await take(queue))).toEqual(['a1', 'a1']);
  });
});
