import { expect, test } from 'vitest';
import { isFree, observeLease } from '../../../../infra/agent/leader/observed-lease.ts';

const record = (holder: string, renewedAt = '2026-11-23T10:00:00.000Z') => ({
  holder,
  durationSeconds: 15,
  acquiredAt: '2026-11-23T10:00:00.000Z',
  renewedAt,
  transitions: 0,
});

test.each([
  { what: 'given back', holder: '', now: 1000, is: true },
  { what: 'our own', holder: 'me', now: 1000, is: true },
  { what: 'just seen', holder: 'other', now: 1000, is: false },
  { what: 'seen almost its duration ago', holder: 'other', now: 15_999, is: false },
  { what: 'unchanged for its duration', holder: 'other', now: 16_000, is: true },
])('a lease that is $what is free: $is', ({ holder, now, is }) => {
  expect(isFree({ record: record(holder), atMillis: 1000 }, 'me', now)).toBe(is);
});

test.each([
  { what: 'from long ago by its own clock', renewedAt: '1999-01-01T00:00:00.000Z' },
  { what: 'from the future by its own clock', renewedAt: '2999-01-01T00:00:00.000Z' },
])('a lease $what runs from when it was seen', ({ renewedAt }) => {
  const seen = observeLease(undefined, record('other', renewedAt), 1000);
  expect([isFree(seen, 'me', 15_999), isFree(seen, 'me', 16_000)]).toEqual([false, true]);
});

test('a renewal begins the time anew, a look at the same record does not', () => {
  const first = observeLease(undefined, record('other'), 1000);
  const same = observeLease(first, record('other'), 9000);
  const renewed = observeLease(same, record('other', '2026-11-23T10:00:02.000Z'), 10_000);
  expect([same.atMillis, renewed.atMillis]).toEqual([1000, 10_000]);
});
