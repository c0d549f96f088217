import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wrapText } from '../../../infra/cli/wrap-text.ts';

describe('a line is broken at its spaces', () => {
  test.each([
    { what: 'one that fits is left alone', line: '  ok  a b', wrapped: '  ok  a b' },
    {
      what: 'what is too long goes on below',
      line: '  ok  alpha beta gamma',
      wrapped: '  ok  alpha\n      beta\n      gamma',
    },
    {
      what: 'a long word has a line of its own',
      line: 'a http://example.com/x b',
      wrapped: 'a\n      http://example.com/x\n      b',
    },
    { what: 'nothing', line: '', wrapped: '' },
  ])('$what', ({ line, wrapped }) => {
    expect(wrapText(line, '      ', 14)).toBe(wrapped);
  });

  test('nothing is lost, and no part is longer than it may be', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, (all) => {
        const parts = wrapText(all.join(' '), '    ', 20).split('\n');
        expect(parts.map((part) => part.trim()).join(' ')).toBe(all.join(' '));
        expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(20);
      }),
    );
  });
});
