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

test('what is large does not wait for who never ends, and alone for nobody', async () => {
  const ended = new AbortController();
  const silent = withinLimit(ended.signal, async () => besideOthers(async () => new Promise(() => {})));
  await besideOthers(async () => afterOthers());
  await afterOthers();
  ended.abort(new Error('enough'));
  await expect(silent).rejects.toThrow('enough');
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
