import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listDeadLetters, redriveDeadLetters } from '../../shared/queue/dead-letters.ts';
import type { MessageSender, OutgoingMessage } from '../../shared/queue/port.ts';
import { bodiesOf, type OpenedQueue, type OpenQueue, take, takeOne } from './opened-queue.ts';

/** None of these queues is far away. */
const waitSeconds = 0;

/** What operations do with a dead-letter queue, whatever keeps it. */
export function describeDeadLetters(name: string, open: OpenQueue) {
  describe(`dead letters of ${name}, standard`, () => {
    describeEither(
      async () => open({ fifo: false }),
      (body) => ({ body }),
    );
  });
  describe(`dead letters of ${name}, FIFO`, () => {
    describeEither(async () => open({ fifo: true }), inGroup);
    describeFifo(async () => open({ fifo: true }));
  });
}

/** `a1` is the first message of group `a`. */
function inGroup(body: string): OutgoingMessage {
  return { body, groupId: body.slice(0, 1), deduplicationId: body };
}

/** As a function sends them: under the id of the message that died. */
async function die(opened: OpenedQueue, messages: readonly OutgoingMessage[]) {
  const withReason = messages.map((message) =>
    Object.assign(message, { attributes: { error: `why ${message.body}` } }),
  );
  return opened.deadLetters.send(withReason);
}

function describeEither(open: () => Promise<OpenedQueue>, message: (body: string) => OutgoingMessage) {
  let opened: OpenedQueue;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(async () => opened.close());

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
    await die(opened, bodies.map(message));
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

  test('go back to their queue', async () => {
    await die(opened, ['a1', 'a2', 'b1'].map(message));
    expect(await redriveDeadLetters(opened.deadLetters, opened.queue, { waitSeconds })).toEqual({
      redriven: 3,
      left: 0,
    });
    expect(bodiesOf(await take(opened.queue)).toSorted()).toEqual(['a1', 'a2', 'b1']);
    expect(await list()).toEqual([]);
  });

  test('are sent back one after the other, and no more once the time is over', async () => {
    await die(opened, ['a', 'b', 'c'].map(message));
    const batches: number[] = [];
    const target: MessageSender = {
      async send(messages) {
        batches.push(messages.length);
      },
    };
    const redrive = async (withinMillis: number) =>
      redriveDeadLetters(opened.deadLetters, target, { waitSeconds, withinMillis });
    expect(await redrive(0)).toEqual({ redriven: 1, left: 2 });
    expect(await redrive(60_000)).toEqual({ redriven: 2, left: 0 });
    expect(batches).toEqual([1, 1, 1]);
  });

  test('go back although their queue remembers them', async () => {
    await opened.queue.send([message('a')]);
    await opened.queue.delete((await takeOne(opened.queue)).receiptHandle);
    await die(opened, ['a'].map(message));
    await redriveDeadLetters(opened.deadLetters, opened.queue, { waitSeconds });
    expect(bodiesOf(await take(opened.queue))).toEqual(['a']);
  });

  test('only those that are asked for', async () => {
    await die(opened, ['a', 'b', 'c'].map(message));
    const letters = await list();
    const messageIds = letters.filter(({ reason }) => reason === 'why b').map(({ messageId }) => messageId);
    const options = { waitSeconds, messageIds: [...messageIds, 'unknown'] };
    expect(await redriveDeadLetters(opened.deadLetters, opened.queue, options)).toEqual({ redriven: 1, left: 2 });
    expect(bodiesOf(await take(opened.queue))).toEqual(['b']);
    expect(await reasons()).toEqual(['why a', 'why c']);
  });

  test('no more than asked for', async () => {
    await die(opened, ['a', 'b', 'c'].map(message));
    expect(await listDeadLetters(opened.deadLetters, { most: 2, waitSeconds })).toHaveLength(2);
    expect(await redriveDeadLetters(opened.deadLetters, opened.queue, { most: 2, waitSeconds })).toEqual({
      redriven: 2,
      left: 1,
    });
  });

  test('stay where their queue does not take them', async () => {
    await die(opened, ['a', 'b'].map(message));
    const away: MessageSender = { send: async () => Promise.reject(new Error('away')) };
    await expect(redriveDeadLetters(opened.deadLetters, away, { waitSeconds })).rejects.toThrow('away');
    expect(await reasons()).toEqual(['why a', 'why b']);
  });
}

function describeFifo(open: () => Promise<OpenedQueue>) {
  let opened: OpenedQueue;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(async () => opened.close());

  test('go back with their group, and in order', async () => {
    await die(opened, ['a1', 'a2', 'a3'].map(inGroup));
    await redriveDeadLetters(opened.deadLetters, opened.queue, { waitSeconds });
    const back = await take(opened.queue);
    expect(back.map(({ body, groupId }) => `${groupId} ${body}`)).toEqual(['a a1', 'a a2', 'a a3']);
  });

  test('are in their queue once, where this died before they were deleted', async () => {
    await die(opened, [inGroup('a')]);
    const dies = { ...opened.deadLetters, delete: async () => Promise.reject(new Error('killed')) };
    await expect(redriveDeadLetters(dies, opened.queue, { waitSeconds })).rejects.toThrow('killed');
    await redriveDeadLetters(opened.deadLetters, opened.queue, { waitSeconds });
    expect(bodiesOf(await take(opened.queue))).toEqual(['a']);
    expect(await listDeadLetters(opened.deadLetters, { waitSeconds })).toEqual([]);
  });
}
