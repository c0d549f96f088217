import { describe, expect, test } from 'vitest';
import { holdFields, holdReason, longestHold } from '../../../shared/hold/hold.ts';

const AT = Date.UTC(2026, 11, 24);
const lock = { reason: 'locked', until: undefined };
const short = { reason: 'weekend', until: AT };
const long = { reason: 'holidays', until: AT + 1 };

describe('of several holds the one that lasts longest counts', () => {
  test.each([
    { holds: [], longest: undefined },
    { holds: [short, long], longest: long },
    { holds: [long, short], longest: long },
    { holds: [long, lock, short], longest: lock },
    { holds: [lock, { ...lock, reason: 'ignored' }], longest: lock },
  ])('$holds', ({ holds, longest }) => {
    expect(longestHold(holds)).toBe(longest);
  });
});

describe('a hold is told with its end', () => {
  test.each([
    { hold: lock, words: 'locked', fields: { because: 'held', reason: 'locked' } },
    {
      hold: short,
      words: 'weekend, until 2026-12-24T00:00:00.000Z',
      fields: { because: 'held', reason: 'weekend', until: '2026-12-24T00:00:00.000Z' },
    },
  ])('$words', ({ hold, words, fields }) => {
    expect(holdReason(hold)).toBe(words);
    expect(holdFields(hold)).toEqual(fields);
  });
});
