import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MessageQueue, ReceivedMessage } from '../../shared/queue/port.ts';
import {
  bodiesOf,
  type OpenedQueue,
  type OpenQueue,
  type QueueAbilities,
  ruleOf,
  take,
  takeOne,
  VISIBILITY_MILLIS,
} from './opened-queue.ts';

/**
 * What a FIFO queue does besides.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export function describeFifoQueue(open: OpenQueue, abilities: QueueAbilities) {
  const rule = ruleOf(abilities);
  let opened: OpenedQueue;
  let queue: MessageQueue;
  beforeEach(async () => {
    opened = await open({ fifo: true, maxReceives: 3 });
    ({ queue } = opened);
  });
  afterEach(async () => opened.close());

  /** `a1` is the first message of group `a`. */
  const send = async (...names: readonly string[]) =>
    queue.send(names.map((name) => ({ body: name, groupId: name.slice(0, 1), deduplicationId: name })));

  test('a message with a delay is refused', async () => {
    const message = { body: 'later', groupId: 'a', deduplicationId: 'a1', delaySeconds: 1 };
    await expect(queue.send([message])).rejects.toThrow(/delay/i);
  });

  rule('one group comes in order, ten in a batch', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `a${index}`);
    await send(...names);
    const batch = await take(queue);
    expect(bodiesOf(batch)).toEqual(names.slice(0, 10));
    expect(batch[0]).toMatchObject({ groupId: 'a', deduplicationId: 'a0' });
  });

  rule('a group with a message in flight gives no other, and other groups go on', async () => {
    await send('a1', 'a2', 'b1', 'a3');
    expect(bodiesOf(await take(queue, 1))).toEqual(['a1']);
    expect(bodiesOf(await take(queue))).toEqual(['b1']);
    expect(await take(queue)).toEqual([]);
  });

  rule('a group goes on once all its messages in flight are deleted', async () => {
    await send('a1', 'a2', 'a3');
    const batch = await take(queue, 2);
    await queue.delete(handleOf(batch, 'a1'));
    expect(await take(queue)).toEqual([]);
    await queue.delete(handleOf(batch, 'a2'));
    expect(bodiesOf(await take(queue))).toEqual(['a3']);
  });

  rule('a batch may hold several groups, each in order', async () => {
    await send('a1', 'b1', 'a2', 'c1', 'b2');
    const bodies = bodiesOf(await take(queue));
    expect(bodies).toHaveLength(5);
    for (const group of [['a1', 'a2'], ['b1', 'b2'], ['c1']]) {
      expect(bodies.filter((body) => group.includes(body))).toEqual(group);
    }
  });

  rule('a batch that comes again is in order, whatever order it went back in', async () => {
    await send('a1', 'a2', 'a3');
    const batch = await take(queue);
    await queue.changeVisibility(handleOf(batch, 'a3'), 0);
    await queue.changeVisibility(handleOf(batch, 'a1'), 0);
    expect(await take(queue)).toEqual([]);
    await queue.changeVisibility(handleOf(batch, 'a2'), 0);
    expect(bodiesOf(await take(queue))).toEqual(['a1', 'a2', 'a3']);
  });

  rule('a message that waits for its next try holds up its group', async () => {
    await send('a1', 'a2');
    const batch = await take(queue);
    await queue.changeVisibility(handleOf(batch, 'a1'), 2);
    await queue.changeVisibility(handleOf(batch, 'a2'), 0);
    await send('a3');
    expect(await take(queue)).toEqual([]);
    await opened.advance(VISIBILITY_MILLIS + 100);
    expect(bodiesOf(await take(queue))).toEqual(['a1', 'a2', 'a3']);
  });

  rule('an ended timeout gives the whole group back in order', async () => {
    await send('a1', 'a2');
    await take(queue);
    await send('a3');
    await opened.advance(VISIBILITY_MILLIS + 100);
    expect(bodiesOf(await take(queue))).toEqual(['a1', 'a2', 'a3']);
  });

  rule('two receives at once never share a group', async () => {
    await send('a1', 'a2', 'b1', 'b2');
    const batches = await Promise.all([take(queue, 1), take(queue, 1), take(queue, 1)]);
    expect(batches.flatMap(bodiesOf).sort()).toEqual(['a1', 'b1']);
  });

  rule('after a dead letter its group goes on, and the dead letter keeps its group', async () => {
    await send('a1', 'a2');
    for (let receive = 1; receive <= 3; receive += 1) {
      await queue.changeVisibility((await takeOneOf(queue)).receiptHandle, 0);
    }
    expect(bodiesOf(await take(queue))).toEqual(['a2']);
    expect(await takeOne(opened.deadLetters)).toMatchObject({ body: 'a1', groupId: 'a' });
  });

  rule('dead letters of a group are in their order', async () => {
    await send('a1', 'a2', 'a3');
    for (let receive = 1; receive <= 3; receive += 1) {
      expect(await take(queue)).toHaveLength(3);
      await opened.advance(VISIBILITY_MILLIS + 100);
    }
    expect(await take(queue)).toEqual([]);
    expect(bodiesOf(await take(opened.deadLetters))).toEqual(['a1', 'a2', 'a3']);
  });

  test.each([
    { what: 'in the same group', groupId: 'a', deduplicationId: 'one', comes: ['first'] },
    { what: 'in another group', groupId: 'b', deduplicationId: 'one', comes: ['first'] },
    { what: 'with another id', groupId: 'a', deduplicationId: 'two', comes: ['first', 'second'] },
    { what: 'with the id in other letters', groupId: 'a', deduplicationId: 'ONE', comes: ['first', 'second'] },
  ])('a second message $what: $comes', async ({ groupId, deduplicationId, comes }) => {
    await queue.send([{ body: 'first', groupId: 'a', deduplicationId: 'one' }]);
    await queue.send([{ body: 'second', groupId, deduplicationId }]);
    expect(bodiesOf(await take(queue))).toEqual(comes);
  });

  rule('two messages of one id in one send are one', async () => {
    await send('a1', 'a1');
    expect(bodiesOf(await take(queue))).toEqual(['a1']);
  });

  rule('the id of a deleted message still counts', async () => {
    await send('a1');
    await queue.delete((await takeOne(queue)).receiptHandle);
    await send('a1');
    expect(await take(queue)).toEqual([]);
  });

  rule('a message without a group is refused', async () => {
    await expect(queue.send([{ body: 'a', deduplicationId: 'a' }])).rejects.toMatchObject({ retryable: false });
    expect(await take(queue)).toEqual([]);
  });
}

async function takeOneOf(queue: MessageQueue): Promise<ReceivedMessage> {
  const [message] = await take(queue, 1);
  if (message === undefined) {
    throw new Error('no message came');
  }
  return message;
}

function handleOf(messages: readonly ReceivedMessage[], body: string): string {
  const found = messages.find((message) => message.body === body);
  if (found === undefined) {
    throw new Error(`${body} did not come`);
  }
  return found.receiptHandle;
}
