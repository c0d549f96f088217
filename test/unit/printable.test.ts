import { describe, expect, test } from 'vitest';
import { printable, printableLines } from '../../shared/printable.ts';

describe('what a terminal acts on is written as an escape', () => {
  test.each([
    { what: 'a colour', text: '\u001b[31mred\u001b[0m', is: '\\x1b[31mred\\x1b[0m' },
    { what: 'a title of the window, in C1', text: '\u009d0;title\u009c', is: '\\x9d0;title\\x9c' },
    {
      what: 'a way back over what stands there',
      text: 'failed\b\b\b\b\b\bok\rok',
      is: 'failed\\x08\\x08\\x08\\x08\\x08\\x08ok\\rok',
    },
    { what: 'DEL and NUL', text: 'a\u007fb\0', is: 'a\\x7fb\\x00' },
    {
      what: 'an override of direction',
      text: 'web\u202egpj.exe\u2066\u200f\u061c',
      is: 'web\\u202egpj.exe\\u2066\\u200f\\u061c',
    },
    {
      what: 'a letter of no width',
      text: 'pay\u200bpal\u200d\u2060\ufeff\u00ad',
      is: 'pay\\u200bpal\\u200d\\u2060\\ufeff\\xad',
    },
    { what: 'a blank letter', text: 'a\u3164b\u115f', is: 'a\\u3164b\\u115f' },
    { what: 'a tag', text: 'a\u{e0061}', is: 'a\\u{e0061}' },
    { what: 'half a character', text: 'a\ud800b', is: 'a\\ud800b' },
    { what: 'a separator of lines', text: 'a\u2028b\u2029c\u0085d', is: 'a\\u2028b\\u2029c\\x85d' },
  ])('$what', ({ text, is }) => {
    expect(printable(text)).toBe(is);
    expect(printableLines(text)).toBe(is);
  });
});

test('line ends and tabs stay where a text may have several lines, and nowhere else', () => {
  expect(printableLines('a\n\tb')).toBe('a\n\tb');
  expect(printable('a\n\tb')).toBe('a\\n\\tb');
});

test.each(['deployment/shop/web', 'größe – 漢字 🚀 → “ok” …', 'שלום', 'a\\x1b'])('%s is left as it is', (text) => {
  expect(printable(text)).toBe(text);
});
