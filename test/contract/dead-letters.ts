import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listDeadLetters, redriveDeadLetters } from '../../shared/queue/dead-letters.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import { bodiesOf, type OpenedQueue, type OpenQueue, take, takeOne } from './opened-queue.ts';

/** None of these queues is far away. */
const waitSeconds = 0;

/** What operations do with a dead-letter queue, whatever keeps it. */
export function describeDeadLetters(name: string, open: OpenQueue) {
  describe.each([{ fifo: false }, { fifo: true }])(`dead letters of ${name}, fifo $fifo`, ({ fifo }) => {
    let opened: OpenedQueue;
    beforeEach(async () => {
      opened = await open({ fifo });
    });
    afterEach(async () => opened.close());

    /** As a function sends them: under the id of the message that died. */
    const die = async (...bodies: readonly string[]) =>
      opened.deadLetters.send(
        bodies.map((body) => ({
          body,
          attributes: { error: `why ${body}` },
          ...(fifo ? { groupId: body.slice(0, 1), deduplicationId: body } : {}),
        })),
      );
    const list = async () => listDeadLetters(opened.deadLetters, { waitSeconds });
    const reasons = async () => (await list()).map(({ reason }) => reason).sort();

    test('none', async () => {
      expect(await list()).toEqual([]);
      expect(await redriveDeadLetters(opened.deadLetters, opened.queue, { waitSeconds })).toEqual({
        redriven: 0,
        left: 0,
      });
    });

    test('are listed with their reasons, and stay', async () => {
      const bodies = Array.from({ length: 12 }, (_, index) => String.fromCodePoint(97 + index));
      await die(...bodies);
      const expected = bodies.map((body) => `why ${body}`);
      expect(await reasons()).toEqual(expected);
      expect(await reasons()).toEqual(expected);
      const [first] = await list();
      expect(first).toEqual({
        messageId: expect.stringMatching(/./),
        sentAt: expect.stringMatching(/^20\d\d-\d\d-\d\dT.*Z$/),
        reason: expect.stringMatching(/^why /),
        summary: expect.stringMatching(/^something else: [a-l]$/),
      });
    });

    test('go back to their queue, each group in order', async () => {
      await die('a1', 'a2', 'b1');
      expect(await redriveDeadLetters(opened.deadLetters, opened.queue, { waitSeconds })).toEqual({
        redriven: 3,
        left: 0,
      });
      const back = await take(opened.queue);
      expect(bodiesOf(back).toSorted()).toEqual(['a1', 'a2', 'b1']);
      if (fifo) {
        expect(back.filter(({ groupId }) => groupId === 'a').map(({ body }) => body)).toEqual(['a1', 'a2']);
      }
      expect(await list()).toEqual([]);
    });

    test('go back although their queue remembers them', async () => {
      await opened.queue.send([{ body: 'a', ...(fifo ? { groupId: 'a', deduplicationId: 'a' } : {}) }]);
      await opened.queue.delete((await takeOne(opened.queue)).receiptHandle);
      await die('a');
      await redriveDeadLetters(opened.deadLetters, opened.queue, { waitSeconds });
      expect(bodiesOf(await take(opened.queue))).toEqual(['a']);
    });

    test('only those that are asked for', async () => {
      await die('a', 'b', 'c');
      const letters = await list();
      const messageIds = letters.filter(({ reason }) => reason === 'why b').map(({ messageId }) => messageId);
      const options = { waitSeconds, messageIds: [...messageIds, 'unknown'] };
      expect(await redriveDeadLetters(opened.deadLetters, opened.queue, options)).toEqual({ redriven: 1, left: 2 });
      expect(bodiesOf(await take(opened.queue))).toEqual(['b']);
      expect(await reasons()).toEqual(['why a', 'why c']);
    });

    test('no more than asked for', async () => {
      await die('a', 'b', 'c');
      expect(await listDeadLetters(opened.deadLetters, { most: 2, waitSeconds })).toHaveLength(2);
      expect(await redriveDeadLetters(opened.deadLetters, opened.queue, { most: 2, waitSeconds })).toEqual({
        redriven: 2,
        left: 1,
      });
    });

    test('stay where their queue does not take them', async () => {
      await die('a', 'b');
      const away: MessageSender = { send: async () => Promise.reject(new Error('away')) };
      await expect(redriveDeadLetters(opened.deadLetters, away, { waitSeconds })).rejects.toThrow('away');
      expect(await reasons()).toEqual(['why a', 'why b']);
    });

    if (fifo) {
      test('are in a FIFO queue once, where this died before they were deleted', async () => {
        await die('a');
        const dies = { ...opened.deadLetters, delete: async () => Promise.reject(new Error('killed')) };
        await expect(redriveDeadLetters(dies, opened.queue, { waitSeconds })).rejects.toThrow('killed');
        expect(await redriveDeadLetters(opened.deadLetters, opened.queue, { waitSeconds })).toEqual({
          redriven: 1,
          left: 0,
        });
        expect(bodiesOf(await take(opened.queue))).toEqual(['a']);
      });
    }
  });
}
