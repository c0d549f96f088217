import { describe, expect, test } from 'vitest';
import {
  advanced,
  isAtOrBelow,
  isCovered,
  joined,
  NOTHING_KNOWN,
  normalise,
} from '../../../../../shared/git-host/github/api/snapshot.ts';

const file = (blob: string) => ({ mode: '100644', blob, bytes: 1 });

test.each([
  { path: './k8s/', plain: 'k8s' },
  { path: '/k8s//a.yml', plain: 'k8s/a.yml' },
  { path: '.', plain: '' },
  { path: '', plain: '' },
  { path: '../k8s', plain: '../k8s' },
])('$path is $plain', ({ path, plain }) => {
  expect(normalise(path)).toBe(plain);
});

test.each([
  { path: 'k8s/a.yml', above: 'k8s', is: true },
  { path: 'k8s', above: 'k8s', is: true },
  { path: 'k8s-other/a.yml', above: 'k8s', is: false },
  { path: 'a.yml', above: '', is: true },
  { path: 'k8s', above: 'k8s/a.yml', is: false },
])('$path at or below $above: $is', ({ path, above, is }) => {
  expect(isAtOrBelow(path, above)).toBe(is);
});

describe('a snapshot', () => {
  const whole = { entries: new Map([['a.yml', file('1')]]), covers: [''] };

  test('of the whole tree goes on with what changed, and stays whole', () => {
    const next = advanced(whole, [
      ['a.yml', undefined],
      ['b.yml', file('2')],
    ]);
    expect([...next.entries.keys()]).toEqual(['b.yml']);
    expect(isCovered(next, 'anything')).toBe(true);
    expect([...whole.entries.keys()]).toEqual(['a.yml']);
  });

  test('of nothing knows what changed, and no more', () => {
    const next = advanced(NOTHING_KNOWN, [
      ['gone.yml', undefined],
      ['b.yml', file('2')],
    ]);
    expect([...next.entries.keys()]).toEqual(['b.yml']);
    expect(['gone.yml', 'b.yml', 'b.yml/below', 'a.yml', ''].map((path) => isCovered(next, path))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test('takes in a later look, which counts', () => {
    const open = advanced(NOTHING_KNOWN, [['a.yml', { mode: undefined, blob: '1', bytes: undefined }]]);
    expect(joined(open, whole)).toEqual(whole);
  });
});
