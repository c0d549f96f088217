import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withinLimit } from '../../shared/time-limit.ts';
import { afterOthers, besideOthers } from '../../shared/turns.ts';

test('what is large goes after what is small in another repository, though it began first', async () => {
  const order: string[] = [];
  const large = besideOthers(async () => {
    await afterOthers();
    order.push('large');
  });
  const small = besideOthers(async () => {
    await sleep(50);
    order.push('small');
  });
  await Promise.all([large, small]);
  expect(order).toEqual(['small', 'large']);
});

test('two that are large do not wait for one another', async () => {
  const order: string[] = [];
  const large = async (name: string) =>
    besideOthers(async () => {
      for (let step = 0; step < 3; step += 1) {
        await afterOthers();
        order.push(name);
      }
    });
  const both = Promise.all([large('a'), large('b')]);
  // Young work is waited for a second.
  await Promise.race([both, sleep(900)]);
  expect(order).toHaveLength(6);
});

/** So many turns of the clock, as what is large waits by: it goes on by fewer of them, or by more. */
async function looks(count: number): Promise<'others'> {
  for (let look = 0; look < count; look += 1) {
    await sleep(5);
  }
  return 'others';
}

const large = async () => besideOthers(async () => afterOthers()).then(() => 'large' as const);

test('what is large waits for nobody where it is alone', async () => {
  expect(await Promise.race([looks(20), large()])).toBe('large');
});

test('what is large does not wait for work that has gone on for a second', async () => {
  const ended = new AbortController();
  const silent = withinLimit(ended.signal, async () => besideOthers(async () => new Promise(() => {})));
  expect(await Promise.race([large(), looks(20)])).toBe('others');
  await sleep(1010);
  expect(await Promise.race([looks(20), large()])).toBe('large');
  ended.abort(new Error('enough'));
  await expect(silent).rejects.toThrow('enough');
});

test('what is large gets to its turn where ever new work begins', async () => {
  const waiting = large();
  const ended = new AbortController();
  const others = async () => {
    for (let begun = 0; !ended.signal.aborted && begun < 200; begun += 1) {
      await besideOthers(async () => looks(10));
    }
    return 'others';
  };
  // Two of them, so that one has always begun.
  const all = Promise.all([others(), looks(5).then(others)]);
  expect(await Promise.race([waiting, all])).toBe('large');
  ended.abort();
  await all;
});

test('what is large ends with the time of its work', async () => {
  const ended = new AbortController();
  const steps: string[] = [];
  const work = withinLimit(ended.signal, async () => {
    await sleep(1);
    steps.push('begun');
    await afterOthers();
    steps.push('went on');
  });
  ended.abort(new Error('time is up'));
  await expect(work).rejects.toThrow('time is up');
  await sleep(20);
  expect(steps).toEqual(['begun']);
});
