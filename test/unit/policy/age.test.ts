import * as fc from 'fast-check';
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

test('a time is read as Date.parse reads it, in every form', () => {
  const day = fc.date({
    min: new Date('1979-01-01T00:00:00Z'),
    max: new Date('2400-12-31T00:00:00Z'),
    noInvalidDate: true,
  });
  const form = fc.constantFrom(
    (iso: string) => iso,
    (iso: string) => `${iso.slice(0, 19)}Z`,
    (iso: string) => iso.replace('Z', '+02:00'),
    (iso: string) => iso.replace('Z', '456789Z'),
    (iso: string) => iso.replace('-', '/'),
    (iso: string) => iso.replace(/T../, 'T29'),
    (iso: string) => iso.replace(/:..\./, ':6x.'),
  );
  fc.assert(
    fc.property(day, form, (date, write) => {
      const created = write(date.toISOString());
      const parsed = Date.parse(created);
      const isKnown = !Number.isNaN(parsed) && parsed >= Date.UTC(1980, 0, 2) && /^\d{4}-/.test(created);
      expect(ageOf({ created })).toBe(isKnown ? parsed : undefined);
    }),
    { numRuns: 1000 },
  );
});
