import { expect, test } from 'vitest';
import { ageOf } from '../../../shared/policy/age.ts';

const pushedAt = '2026-01-05T00:00:00Z';

test.each([
  { name: 'the build', created: '2026-01-01T00:00:00.123456789Z', expected: Date.UTC(2026, 0, 1, 0, 0, 0, 123) },
  { name: 'another zone', created: '2026-01-01T02:00:00+02:00', expected: Date.UTC(2026, 0, 1) },
  { name: 'no build time', created: undefined, expected: Date.parse(pushedAt) },
  { name: 'the epoch', created: '1970-01-01T00:00:00Z', expected: Date.parse(pushedAt) },
  { name: 'the second after the epoch', created: '1970-01-01T00:00:01Z', expected: Date.parse(pushedAt) },
  { name: 'the year 1', created: '0001-01-01T00:00:00Z', expected: Date.parse(pushedAt) },
  { name: 'the year of zip files', created: '1980-01-01T00:00:01Z', expected: Date.parse(pushedAt) },
  { name: 'no time at all', created: 'yesterday', expected: Date.parse(pushedAt) },
])('$name', ({ created, expected }) => {
  expect(ageOf({ tag: 'a', created, pushedAt })).toBe(expected);
});

test('neither known', () => {
  expect(ageOf({ tag: 'a', created: '1970-01-01T00:00:00Z' })).toBeUndefined();
});
