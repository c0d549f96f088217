import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson, printJson } from '../../../shared/yaml/json.ts';

test.each([
  { text: '9007199254740993', is: 9_007_199_254_740_993n },
  { text: '-9223372036854775808', is: -9_223_372_036_854_775_808n },
  { text: '9007199254740991', is: 9_007_199_254_740_991 },
  { text: '1000000000000000.5', is: 1_000_000_000_000_000.5 },
  { text: '"1234567890123456789"', is: '1234567890123456789' },
])('$text of JSON is $is', ({ text, is }) => {
  expect(parseJson(`{"a":[${text}]}`)).toEqual({ a: [is] });
  expect(printJson({ a: [is] })).toBe(`{"a":[${text}]}`);
});

test('any JSON comes back as it was', () => {
  const value = fc.jsonValue({ maxDepth: 3 }).filter((one) => !/-0|\d{16}/.test(JSON.stringify(one)));
  fc.assert(
    fc.property(value, fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }), (one, large) => {
      expect(parseJson(printJson({ one, large }))).toEqual({ one: JSON.parse(JSON.stringify(one)), large });
    }),
  );
});

test('what is no JSON is thrown', () => {
  expect(() => parseJson('1234567890123456789,')).toThrow(SyntaxError);
});
