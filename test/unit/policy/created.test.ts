import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ageOf } from '../../../shared/policy/age.ts';
import { rankByAge } from '../../../shared/policy/created.ts';
import { compareRanks } from '../../../shared/policy/rank.ts';

const day = fc.date({
  min: new Date('1979-12-01T00:00:00Z'),
  max: new Date('2400-12-31T00:00:00Z'),
  noInvalidDate: true,
});
const leapDay = fc.constantFrom(...['2000-02-29', '2024-02-29', '2100-03-01'].map((text) => new Date(text)));
const form = fc.constantFrom(
  (iso: string) => iso,
  (iso: string) => `${iso.slice(0, 19)}Z`,
  (iso: string) => iso.replace('Z', '+02:00'),
  (iso: string) => iso.replace('Z', '456789Z'),
  (iso: string) => iso.replace('T', ' '),
  (iso: string) => iso.replace('T', 't'),
  (iso: string) => iso.replace(/-\d\dT/, '-31T'),
  (iso: string) => iso.replace(/-\d\d-/, '-13-'),
  (iso: string) => iso.replace(/T../, 'T24'),
  (iso: string) => iso.replace(/T../, 'T29'),
  (iso: string) => iso.replace(/:..\./, ':6x.'),
);
const created = fc.tuple(fc.oneof(day, leapDay), form).map(([date, write]) => write(date.toISOString()));

test('images rank in the order of their times, in whatever form those are written', () => {
  fc.assert(
    fc.property(created, created, (one, other) => {
      const [rank, otherRank] = [rankByAge({ tag: 'a', created: one }), rankByAge({ tag: 'b', created: other })];
      const [age, otherAge] = [ageOf({ created: one }), ageOf({ created: other })];
      expect([rank === undefined, otherRank === undefined]).toEqual([age === undefined, otherAge === undefined]);
      const isRanked = rank !== undefined && otherRank !== undefined;
      expect(isRanked ? compareRanks(rank, otherRank) : 0).toBe(isRanked ? Math.sign((age ?? 0) - (otherAge ?? 0)) : 0);
    }),
    { numRuns: 5000 },
  );
});
