import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { type BatchHandler, type Poller, startPoller } from '../../../infra/local/queue/poller.ts';
import { openSqliteQueue } from '../../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../../infra/local/queue/store.ts';
import { silentLog } from '../../../shared/log.ts';
import type { MessageQueue } from '../../../shared/queue/port.ts';

const MAX_RECEIVES = 3;
let time: number;
let queue: MessageQueue;
let deadLetters: MessageQueue;
let poller: Poller | undefined;

const now = () => time;

function open(fifo: boolean) {
  const store = openQueueStore(':memory:');
  queue = openSqliteQueue(store, {
    name: 'work',
    fifo,
    now,
    redrive: { maxReceives: MAX_RECEIVES, deadLetters: 'dead' },
  });
  deadLetters = openSqliteQueue(store, { name: 'dead', fifo, now });
}

function start(handler: BatchHandler, { concurrency = 1, timeoutMillis = 10_000 } = {}): Poller {
  const context = () => lambdaContext('work', timeoutMillis);
  poller = startPoller({ name: 'work', queue, handler, context, concurrency, visibilitySeconds: 180, log: silentLog });
  return poller;
}

beforeEach(() => {
  time = Date.UTC(2026, 10, 24);
  open(false);
});
afterEach(async () => poller?.stop());

const depthIs = async (visible: number, inFlight: number) =>
  vi.waitFor(async () => expect(await queue.depth()).toEqual({ visible, inFlight }), { timeout: 5000, interval: 10 });

test('a function gets the event that Lambda would give it', async () => {
  open(true);
  const events: SQSEvent[] = [];
  start(async (event) => {
    events.push(event);
    return { batchItemFailures: [] };
  });
  await queue.send([{ body: '{"a":1}', groupId: 'g', deduplicationId: 'd', attributes: { error: 'why' } }]);
  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(events).toEqual([
    {
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: '{"a":1}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: String(time),
            SenderId: 'local',
            ApproximateFirstReceiveTimestamp: String(time),
            MessageGroupId: 'g',
            MessageDeduplicationId: 'd',
          },
          messageAttributes: { error: { stringValue: 'why', dataType: 'String' } },
          // printf '{"a":1}' | md5sum
          md5OfBody: 'bb6cb5c68df4652941caf652a366f2d8',
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:local:000000000000:work',
          awsRegion: 'local',
        },
      ],
    },
  ]);
});

/** The ids of the records whose bodies these are. */
const failures = (event: SQSEvent, ...bodies: readonly string[]): SQSBatchResponse => ({
  batchItemFailures: event.Records.filter(({ body }) => bodies.includes(body)).map(({ messageId }) => ({
    itemIdentifier: messageId,
  })),
});

describe('what an answer does to a batch of two', () => {
  const [first, second] = ['first', 'second'];
  test.each<{ answer: string; handler: BatchHandler; backs: readonly string[] }>([
    { answer: 'no failures', handler: async () => ({ batchItemFailures: [] }), backs: [] },
    { answer: 'nothing', handler: async () => undefined, backs: [] },
    { answer: 'one failure', handler: async (event) => failures(event, second), backs: [second] },
    { answer: 'both failures', handler: async (event) => failures(event, first, second), backs: [first, second] },
    { answer: 'a throw', handler: async () => Promise.reject(new Error('no')), backs: [first, second] },
    {
      answer: 'an id that is not in the batch',
      handler: async (event) => ({
        batchItemFailures: [...failures(event, first).batchItemFailures, { itemIdentifier: 'x' }],
      }),
      backs: [first, second],
    },
    {
      answer: 'an empty id',
      handler: async () => ({ batchItemFailures: [{ itemIdentifier: '' }] }),
      backs: [first, second],
    },
  ])('$answer: $backs come back', async ({ handler, backs }) => {
    await queue.send([{ body: first }, { body: second }]);
    start(async (event, context) => handler(event, context));
    await depthIs(0, backs.length);
    await poller?.stop();
    time += 1000;
    const again = await queue.receive({ max: 10, visibilitySeconds: 1, waitSeconds: 0 });
    expect(again.map(({ body }) => body).sort()).toEqual([...backs]);
  });
});

test('a message that fails comes back later each time, then is a dead letter with the reason', async () => {
  await queue.send([{ body: 'a' }]);
  const receives: string[] = [];
  start(async ({ Records: [record] }) => {
    receives.push(record?.attributes.ApproximateReceiveCount ?? '');
    throw new Error(`cannot reach git host, try ${receives.length}`);
  });
  for (const [index, pauseSeconds] of [1, 5, 25].entries()) {
    await vi.waitFor(() => expect(receives).toHaveLength(index + 1));
    await depthIs(0, 1);
    time += pauseSeconds * 1000 - 1;
    await depthIs(0, 1);
    time += 1;
  }
  await depthIs(0, 0);
  expect(receives).toEqual(['1', '2', '3']);
  const [dead] = await deadLetters.receive({ max: 10, visibilitySeconds: 1, waitSeconds: 0 });
  expect(dead).toMatchObject({ body: 'a', attributes: { error: 'cannot reach git host, try 3' } });
});

test('a function that hangs has failed when its time is up, and the next batch is worked on', async () => {
  const worked: string[] = [];
  start(
    async ({ Records: [record] }) => {
      if (record?.body === 'hangs') {
        await new Promise<never>(() => {});
      }
      worked.push(record?.body ?? '');
      return undefined;
    },
    { timeoutMillis: 50 },
  );
  await queue.send([{ body: 'hangs' }]);
  await depthIs(0, 1);
  await queue.send([{ body: 'works' }]);
  await vi.waitFor(() => expect(worked).toEqual(['works']));
  await depthIs(0, 1);
});

test('as many batches at once as allowed, and no more', async () => {
  await queue.send(Array.from({ length: 40 }, (_, index) => ({ body: String(index) })));
  let running = 0;
  let most = 0;
  start(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(20);
      running -= 1;
      return undefined;
    },
    { concurrency: 3 },
  );
  await depthIs(0, 0);
  expect(most).toBe(3);
});

test('a FIFO group is worked on by one at a time, in order', async () => {
  open(true);
  const names = Array.from({ length: 25 }, (_, index) => index);
  await queue.send(names.map((name) => ({ body: String(name), groupId: 'g', deduplicationId: String(name) })));
  const done: number[] = [];
  let running = 0;
  start(
    async ({ Records }) => {
      running += 1;
      expect(running).toBe(1);
      await sleep(5);
      done.push(...Records.map(({ body }) => Number(body)));
      running -= 1;
      return undefined;
    },
    { concurrency: 4 },
  );
  await depthIs(0, 0);
  expect(done).toEqual(names);
});

test('stop waits for what is in work, and takes nothing more', async () => {
  const release = Promise.withResolvers<undefined>();
  const started = Promise.withResolvers<undefined>();
  const working = start(async () => {
    started.resolve(undefined);
    return release.promise;
  });
  await queue.send([{ body: 'in work' }]);
  await started.promise;
  const stopped = working.stop();
  await queue.send([{ body: 'too late' }]);
  expect(await queue.depth()).toEqual({ visible: 1, inFlight: 1 });
  release.resolve(undefined);
  await stopped;
  expect(await queue.depth()).toEqual({ visible: 1, inFlight: 0 });
});

test('a queue that does not answer is asked again', async () => {
  const working = queue;
  let faults = 1;
  queue = {
    ...working,
    async receive(options) {
      if (faults > 0) {
        faults -= 1;
        throw new Error('database is locked');
      }
      return working.receive(options);
    },
  };
  await queue.send([{ body: 'a' }]);
  start(async () => undefined);
  await depthIs(0, 0);
  expect(faults).toBe(0);
});
