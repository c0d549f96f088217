import { expect, test } from 'vitest';
import { ageOf } from '../../../shared/policy/age.ts';

test.each([
  { name: 'the build', created: '2026-01-01T00:00:00.123456789Z', expected: Date.UTC(2026, 0, 1, 0, 0, 0, 123) },
  { name: 'another zone', created: '2026-01-01T02:00:00+02:00', expected: Date.UTC(2026, 0, 1) },
  { name: 'no build time', created: undefined, expected: undefined },
  { name: 'the epoch', created: '1970-01-01T00:00:00Z', expected: undefined },
  { name: 'the second after the epoch', created: '1970-01-01T00:00:01Z', expected: undefined },
  { name: 'the year 1', created: '0001-01-01T00:00:00Z', expected: undefined },
  { name: 'the year of zip files', created: '1980-01-01T00:00:01Z', expected: undefined },
  { name: 'no time at all', created: 'yesterday', expected: undefined },
  { name: 'a zero, which JavaScript reads as the year 2000', created: '0', expected: undefined },
])('$name', ({ created, expected }) => {
  expect(ageOf({ created })).toBe(expected);
});
