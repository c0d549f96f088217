import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MessageQueue, OutgoingMessage } from '../../shared/queue/port.ts';
import {
  bodiesOf,
  type OpenedQueue,
  type OpenQueue,
  type QueueAbilities,
  type QueueOptions,
  ruleOf,
  take,
  takeOne,
  VISIBILITY_MILLIS,
  VISIBILITY_SECONDS,
} from './opened-queue.ts';
import { describeFifoQueue } from './queue-fifo.ts';

/** The rules of SQS, as the port states them, for standard and for FIFO queues. */
export function describeQueue(name: string, open: OpenQueue, abilities: QueueAbilities) {
  describe(`${name}, standard and FIFO`, () => {
    describe.each([{ fifo: false }, { fifo: true }])('fifo $fifo', ({ fifo }) => {
      describeEither(async (options) => open({ fifo, ...options }), abilities, fifo);
    });
  });
  describe(`${name}, standard`, () => {
    test('a message with a delay comes once that is over', async () => {
      const opened = await open({ fifo: false, maxReceives: 3 });
      await opened.queue.send([{ body: 'later', delaySeconds: 1 }, { body: 'now' }]);
      expect(bodiesOf(await take(opened.queue))).toEqual(['now']);
      await opened.advance(1100);
      expect(bodiesOf(await take(opened.queue))).toEqual(['later']);
      await opened.close();
    });
  });
  describe(`${name}, FIFO`, () => {
    describeFifoQueue(open, abilities);
  });
}

function describeEither(
  open: (options?: Partial<QueueOptions>) => Promise<OpenedQueue>,
  abilities: QueueAbilities,
  fifo: boolean,
) {
  const { reasons } = abilities;
  const rule = ruleOf(abilities);
  let opened: OpenedQueue;
  let queue: MessageQueue;
  beforeEach(async () => {
    opened = await open({ maxReceives: 3 });
    ({ queue } = opened);
  });
  afterEach(async () => opened.close());

  const message = (body: string): OutgoingMessage => (fifo ? { body, groupId: body, deduplicationId: body } : { body });

  test.each([
    { what: 'JSON', body: '{"tag":"1.0","at":null}' },
    { what: 'other scripts and emoji', body: '{"wer":"Jürgen 李 🚢"}' },
    { what: 'line ends', body: '{\r\n\t"a": 1\n}' },
  ])('a body of $what comes as it was sent', async ({ body }) => {
    await queue.send([{ ...message('x'), body, attributes: { error: 'why: "ü"' } }]);
    expect(await takeOne(queue)).toMatchObject({ body, attributes: { error: 'why: "ü"' }, receiveCount: 1 });
  });

  rule('no messages: nothing is sent', async () => {
    await queue.send([]);
    expect(await take(queue)).toEqual([]);
  });

  rule('more messages than a batch holds are all there, ten at a time', async () => {
    const bodies = Array.from({ length: 23 }, (_, index) => `m${index}`);
    await queue.send(bodies.map(message));
    const taken: string[] = [];
    for (let left = bodies.length; left > 0; left -= 10) {
      const batch = await take(queue, 10);
      expect(batch.length).toBeLessThanOrEqual(10);
      taken.push(...bodiesOf(batch));
    }
    expect(taken.sort()).toEqual(bodies.sort());
  });

  rule('no more than asked for', async () => {
    await queue.send(['a', 'b', 'c'].map(message));
    expect(await take(queue, 2)).toHaveLength(2);
    expect(await take(queue, 2)).toHaveLength(1);
  });

  rule('a message in flight is hidden, and comes again when its timeout ends', async () => {
    await queue.send([message('a')]);
    const first = await takeOne(queue);
    expect(await take(queue)).toEqual([]);
    await opened.advance(VISIBILITY_MILLIS + 100);
    const second = await takeOne(queue);
    expect(second).toMatchObject({
      messageId: first.messageId,
      receiveCount: 2,
      sentAt: first.sentAt,
      firstReceivedAt: first.firstReceivedAt,
    });
    expect(second.receiptHandle).not.toBe(first.receiptHandle);
    await opened.advance(VISIBILITY_MILLIS + 100);
    expect(await takeOne(queue)).toMatchObject({ receiveCount: 3, firstReceivedAt: first.firstReceivedAt });
  });

  rule('a deleted message never comes again', async () => {
    await queue.send([message('a')]);
    await queue.delete((await takeOne(queue)).receiptHandle);
    await opened.advance(VISIBILITY_MILLIS + 100);
    expect(await take(queue)).toEqual([]);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  rule('deleting twice is no error', async () => {
    await queue.send([message('a')]);
    const { receiptHandle } = await takeOne(queue);
    await queue.delete(receiptHandle);
    await expect(queue.delete(receiptHandle)).resolves.toBeUndefined();
  });

  rule('an old receipt handle neither deletes nor gives back what was received again', async () => {
    await queue.send([message('a')]);
    const old = await takeOne(queue);
    await opened.advance(VISIBILITY_MILLIS + 100);
    const current = await takeOne(queue);
    await Promise.allSettled([queue.delete(old.receiptHandle), queue.changeVisibility(old.receiptHandle, 0)]);
    expect(await take(queue)).toEqual([]);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 1 });
    await queue.changeVisibility(current.receiptHandle, 0);
    expect((await takeOne(queue)).receiveCount).toBe(3);
  });

  rule('a visibility of 0 gives a message back at once', async () => {
    await queue.send([message('a')]);
    await queue.changeVisibility((await takeOne(queue)).receiptHandle, 0);
    expect((await takeOne(queue)).receiveCount).toBe(2);
  });

  rule('a longer visibility counts from now', async () => {
    await queue.send([message('a')]);
    const { receiptHandle } = await takeOne(queue);
    await opened.advance(VISIBILITY_MILLIS / 2);
    await queue.changeVisibility(receiptHandle, VISIBILITY_SECONDS);
    await opened.advance(VISIBILITY_MILLIS / 2 + 100);
    expect(await take(queue)).toEqual([]);
    await opened.advance(VISIBILITY_MILLIS / 2);
    expect(await take(queue)).toHaveLength(1);
  });

  rule('depth tells what waits from what is in flight', async () => {
    await queue.send(['a', 'b', 'c'].map(message));
    await take(queue, 1);
    expect(await queue.depth()).toEqual({ visible: 2, inFlight: 1 });
    await opened.advance(VISIBILITY_MILLIS + 100);
    expect(await queue.depth()).toEqual({ visible: 3, inFlight: 0 });
  });

  rule('after three receives a message is a dead letter with its id and body', async () => {
    await queue.send([{ ...message('a'), attributes: { kind: 'push' } }]);
    let messageId = '';
    for (const reason of ['first', 'registry r: found 503', undefined]) {
      const received = await takeOne(queue);
      ({ messageId } = received);
      await queue.changeVisibility(received.receiptHandle, 0, reason);
    }
    expect(await take(queue)).toEqual([]);
    const dead = await takeOne(opened.deadLetters);
    expect(dead).toMatchObject({ messageId, body: 'a' });
    expect(dead.attributes).toEqual({ kind: 'push', ...(reasons ? { error: 'registry r: found 503' } : {}) });
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  rule('a dead letter in the way does not hide what waits behind it', async () => {
    await queue.send(Array.from({ length: 10 }, (_, index) => message(`dead${index}`)));
    for (let receive = 1; receive <= 3; receive += 1) {
      expect(await take(queue)).toHaveLength(10);
      await opened.advance(VISIBILITY_MILLIS + 100);
    }
    await queue.send([message('alive')]);
    expect(bodiesOf(await take(queue))).toEqual(['alive']);
    expect(await opened.deadLetters.depth()).toEqual({ visible: 10, inFlight: 0 });
  });

  rule('a message that is deleted in its last receive is no dead letter', async () => {
    await queue.send([message('a')]);
    for (let receive = 1; receive < 3; receive += 1) {
      await queue.changeVisibility((await takeOne(queue)).receiptHandle, 0);
    }
    await queue.delete((await takeOne(queue)).receiptHandle);
    await opened.advance(VISIBILITY_MILLIS + 100);
    expect(await take(queue)).toEqual([]);
    expect(await take(opened.deadLetters)).toEqual([]);
  });

  rule('a receive that waits gets what is sent meanwhile', async () => {
    const waiting = queue.receive({ max: 10, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: 10 });
    await queue.send([message('late')]);
    expect(bodiesOf(await waiting)).toEqual(['late']);
  });

  rule('a receive that waits in vain gets nothing', async () => {
    expect(await queue.receive({ max: 1, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: 1 })).toEqual([]);
  });

  rule('a receive that is called off gets nothing, and takes nothing', async () => {
    const ended = new AbortController();
    const options = { max: 1, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: 10, signal: ended.signal };
    const waiting = queue.receive(options);
    ended.abort();
    expect(await waiting).toEqual([]);
    await queue.send([message('a')]);
    expect(await queue.receive(options)).toEqual([]);
    expect(await queue.depth()).toEqual({ visible: 1, inFlight: 0 });
  });
}
