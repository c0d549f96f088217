import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSqliteQueue } from '../../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../../infra/local/queue/store.ts';
import type { MessageQueue } from '../../../shared/queue/port.ts';

const VISIBILITY_SECONDS = 30;

/** One thing that can happen to a queue of three groups. */
type Step =
  | { readonly do: 'send'; readonly group: number }
  | { readonly do: 'receive'; readonly max: number }
  | { readonly do: 'delete' | 'release'; readonly pick: number }
  | { readonly do: 'wait'; readonly seconds: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('send' as const), group: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ do: fc.constant('receive' as const), max: fc.integer({ min: 1, max: 10 }) }),
    fc.record({ do: fc.constantFrom('delete' as const, 'release' as const), pick: fc.nat() }),
    fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 40 }) }),
  ),
  { maxLength: 60 },
);

/** What a FIFO queue is, in a few lines that hold no file. */
class Model {
  time = 0;
  sent = 0;
  /** Bodies, `group:number`, in the order in which they were sent. */
  waiting: string[] = [];
  /** Every receipt there was; the last of a body is the good one. */
  readonly receipts: { readonly body: string; readonly handle: string; hiddenUntil: number }[] = [];

  receivable(max: number): readonly string[] {
    const locked = new Set(this.receipts.filter((one) => this.isGood(one) && one.hiddenUntil > this.time).map(groupOf));
    return this.waiting.filter((body) => !locked.has(groupOf({ body }))).slice(0, max);
  }

  isGood({ body, handle }: { readonly body: string; readonly handle: string }): boolean {
    return this.waiting.includes(body) && this.receipts.findLast((one) => one.body === body)?.handle === handle;
  }
}

test('whatever happens: groups in order, none in flight twice, and nothing lost', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (happening) => {
      const model = new Model();
      const store = openQueueStore(':memory:');
      const queue = openSqliteQueue(store, { name: 'q', fifo: true, now: () => model.time });
      for (const step of happening) {
        const [came, expected] = await happen(step, queue, model);
        expect(came).toEqual(expected);
      }
      model.time += 1_000_000;
      expect(await drain(queue)).toEqual(model.waiting);
      store.close();
    }),
    { numRuns: 200 },
  );
});

type Bodies = readonly string[];

/** What came of a step, and what the model says of it. */
async function happen(step: Step, queue: MessageQueue, model: Model): Promise<readonly [Bodies, Bodies]> {
  switch (step.do) {
    case 'send': {
      model.sent += 1;
      const body = `${step.group}:${model.sent}`;
      model.waiting.push(body);
      await queue.send([{ body, groupId: String(step.group), deduplicationId: body }]);
      break;
    }
    case 'wait':
      model.time += step.seconds * 1000;
      break;
    case 'receive': {
      const expected = model.receivable(step.max);
      const received = await queue.receive({ max: step.max, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: 0 });
      const hiddenUntil = model.time + VISIBILITY_SECONDS * 1000;
      model.receipts.push(...received.map(({ body, receiptHandle: handle }) => ({ body, handle, hiddenUntil })));
      return [received.map(({ body }) => body), expected];
    }
    case 'delete':
    case 'release': {
      const receipt = model.receipts[step.pick % Math.max(1, model.receipts.length)];
      if (receipt !== undefined) {
        await giveBack(step.do, receipt, queue, model);
      }
    }
  }
  return [[], []];
}

async function giveBack(
  how: 'delete' | 'release',
  receipt: Model['receipts'][number],
  queue: MessageQueue,
  model: Model,
) {
  const good = model.isGood(receipt);
  if (how === 'delete') {
    await queue.delete(receipt.handle);
    model.waiting = model.waiting.filter((body) => !good || body !== receipt.body);
  } else {
    await queue.changeVisibility(receipt.handle, 0);
    receipt.hiddenUntil = model.time;
  }
}

async function drain(queue: MessageQueue): Promise<readonly string[]> {
  const left: string[] = [];
  for (;;) {
    const batch = await queue.receive({ max: 10, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: 0 });
    if (batch.length === 0) {
      return left;
    }
    left.push(...batch.map(({ body }) => body));
    await Promise.all(batch.map(async ({ receiptHandle }) => queue.delete(receiptHandle)));
  }
}

function groupOf({ body }: { readonly body: string }): string | undefined {
  return body.split(':')[0];
}
