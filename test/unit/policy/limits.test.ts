import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import { patternSize } from '../../../shared/policy/pattern-size.ts';

const TOO_MANY = 'Repeat less: a tag has 128 characters at most';

test.each([
  { text: 'regexp:(a?){1000}', says: 'expected repetitions of at most 2000 steps, found 4000' },
  { text: 'regexp:(((ab?){10}){10}){10}', says: TOO_MANY },
  { text: `regexp:${'a{1000}'.repeat(30)}`, says: TOO_MANY },
  { text: 'regexp:(?=x)(a{100}b?){100}', says: TOO_MANY },
  { text: String.raw`regexp:([\]a-z]?[^]x]?[[:alpha:]]?){900}`, says: TOO_MANY },
  { text: 'regexp:(a{500,}){500,}', says: TOO_MANY },
  { text: `regexp:${'a'.repeat(257)}`, says: 'expected a pattern of at most 256 characters, found 257' },
  { text: `glob:${'*a'.repeat(600)}`, says: 'expected a filter of at most 1024 characters, found 1205' },
  { text: `${' '.repeat(2000)}glob:*`, says: 'expected a filter of at most 1024 characters, found 2006' },
])('refuses $text, which would take long to compile or to run', ({ text, says }) => {
  expect(() => parsePolicy(text)).toThrow(says);
});

test.each([
  { pattern: String.raw`^v?\d{1,3}\.\d{1,3}\.\d{1,3}(-[a-z0-9.]{1,64})?$`, tag: 'v1.22.333-rc.1' },
  { pattern: '^(main|release)-[0-9a-f]{7,40}-(?P<ts>[0-9]{10})$', tag: 'main-0123456789abcdef-1700000000' },
  { pattern: String.raw`^[\w.-]{1,127}$`, tag: '1.0.0-alpha' },
  { pattern: '^(?!.*-rc)[0-9a-f]{40}$', tag: '0123456789012345678901234567890123456789' },
])('takes regexp:$pattern, as people write them', ({ pattern, tag }) => {
  expect(parsePolicy(`regexp:${pattern}`).accept([tag, 'no such tag'])).toEqual([tag]);
});

test.each([
  'a',
  'a?b*c+',
  'a{40}',
  '(a?){100}',
  '((a|b){3}c{2,5}){4}',
  'a{2,}(b{0,7})?',
  String.raw`[\]x]{5}[^]a]{5}\{7}[[:digit:]]{3}`,
  '(?i)[a-z]{20}|x',
])('counts no fewer steps of %s than its program has, and few more', (pattern) => {
  const steps = RE2JS.compile(pattern).programSize();
  expect(patternSize(pattern) + 4).toBeGreaterThanOrEqual(steps);
  expect(patternSize(pattern)).toBeLessThanOrEqual(2 * steps);
});

describe('a pattern that takes all of its time', () => {
  const refusal = (text: string, tag: string) => {
    try {
      return parsePolicy(text).accept([tag]);
    } catch (error) {
      return error;
    }
  };

  test('is run once for a tag, however many sites have it', () => {
    const text = 'regexp:^(?=a)(a+)+b$';
    const first = refusal(text, 'a'.repeat(60));
    expect(String(first)).toContain('expected an answer for 1 tag within 100 ms, found none');
    expect(refusal(text, 'a'.repeat(60))).toBe(first);
    expect(refusal(text, 'aab')).toEqual(['aab']);
  });

  test('is given up after three tags', () => {
    const text = 'regexp:^(?=a)(a+)+c$';
    for (const length of [60, 61, 62]) {
      expect(String(refusal(text, 'a'.repeat(length)))).toContain('within 100 ms');
    }
    expect(String(refusal(text, 'aac'))).toContain('expected an answer for 1 tag within 100 ms, found none');
  });
});
