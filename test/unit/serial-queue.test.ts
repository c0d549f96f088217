import { expect, test } from 'vitest';
import { SerialQueue } from '../../shared/serial-queue.ts';

test('work runs one after the other in the order of the calls, also after work that failed', async () => {
  const queue = new SerialQueue();
  const lines: string[] = [];
  const work = (name: string, fails = false) =>
    queue.run(async () => {
      lines.push(`${name} begins`);
      await Promise.resolve();
      lines.push(`${name} ends`);
      if (fails) {
        throw new Error(`${name} failed`);
      }
      return name;
    });
  const all = await Promise.allSettled([work('first'), work('second', true), work('third')]);
  expect(all.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
    'first',
    'Error: second failed',
    'third',
  ]);
  expect(lines).toEqual(['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends']);
});
