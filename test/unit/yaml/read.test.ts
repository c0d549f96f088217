import { describe, expect, test } from 'vitest';
import { YAML_LIMITS } from '../../../shared/yaml/limits.ts';
import { readYaml } from '../../../shared/yaml/read.ts';

const valueIn = (text: string) => {
  const [document, ...more] = readYaml(text);
  expect({ faults: document?.faults, more }).toEqual({ faults: [], more: [] });
  return document?.value;
};
const faultsIn = (text: string) => readYaml(text).flatMap(({ faults }) => faults);

/** The values are what sigs.k8s.io/yaml 1.6.0 answers, which kubectl 1.35 reads by. */
describe('a scalar without quotes', () => {
  test.each<{ written: string; is: unknown }>([
    { written: '0400', is: 256 },
    { written: '0755', is: 493 },
    { written: '0o755', is: 493 },
    { written: '-0755', is: -493 },
    { written: '089', is: 89 },
    { written: '0x1F', is: 31 },
    { written: '0b11', is: 3 },
    { written: '0b-11', is: -3 },
    { written: '1_000', is: 1000 },
    { written: '_1', is: '_1' },
    { written: '1.', is: 1 },
    { written: '.5', is: 0.5 },
    { written: '.5_0', is: 0.5 },
    { written: '1e3', is: 1000 },
    { written: '83e20108', is: '83e20108' },
    { written: '1234e5', is: 123_400_000 },
    { written: '.5e400', is: '.5e400' },
    { written: '9007199254740993', is: 9_007_199_254_740_993n },
    { written: '-9223372036854775808', is: -9_223_372_036_854_775_808n },
    { written: '18446744073709551615', is: 18_446_744_073_709_551_615n },
    { written: '18446744073709551616', is: 18_446_744_073_709_552_000 },
    { written: 'yes', is: true },
    { written: 'On', is: true },
    { written: 'y', is: true },
    { written: 'NO', is: false },
    { written: 'off', is: false },
    { written: 'yEs', is: 'yEs' },
    { written: '~', is: null },
    { written: '', is: null },
    { written: 'Null', is: null },
    { written: '1:30', is: '1:30' },
    { written: '2001-01-01', is: '2001-01-01' },
    { written: '2001-12-14 21:59:43', is: '2001-12-14 21:59:43' },
    { written: '<<', is: '<<' },
    { written: '=', is: '=' },
    { written: '0x', is: '0x' },
    { written: '10.0.0.1', is: '10.0.0.1' },
  ])('$written is $is', ({ written, is }) => {
    expect(valueIn(`a: ${written}\n`)).toEqual({ a: is });
  });
});

describe('a scalar with a tag or in quotes', () => {
  test.each<{ written: string; is: unknown }>([
    { written: '"0400"', is: '0400' },
    { written: "'yes'", is: 'yes' },
    { written: '!!str 0400', is: '0400' },
    { written: '! 12', is: '12' },
    { written: '!mine 12', is: '12' },
    { written: '!!int "12"', is: 12 },
    { written: '!!float 1', is: 1 },
    { written: '!!float 9007199254740993', is: 9_007_199_254_740_992 },
    { written: '!!bool yes', is: true },
    { written: '!!null ""', is: null },
    { written: '!!binary aGVsbG8=', is: 'hello' },
  ])('$written is $is', ({ written, is }) => {
    expect(valueIn(`a: ${written}\n`)).toEqual({ a: is });
  });
});

describe('a text', () => {
  test.each<{ form: string; text: string; is: unknown }>([
    {
      form: 'in quotes goes on at its key’s column',
      text: 'k:\n  a: "x\n  y"\n  b: 1\n',
      is: { k: { a: 'x y', b: 1 } },
    },
    { form: 'in quotes goes on at the margin', text: "k:\n  a: 'x\ny'\n", is: { k: { a: 'x y' } } },
    { form: 'in braces goes on at the margin', text: 'k:\n  a: {b: 1,\nc: 2\n}\n', is: { k: { a: { b: 1, c: 2 } } } },
    { form: 'keeps a last line of spaces', text: 'a: |\n  x\n     \nb: 1\n', is: { a: 'x\n   \n', b: 1 } },
    { form: 'keeps it below an indicator', text: 'a: |2\n    x\n   \nb: 1\n', is: { a: '  x\n \n', b: 1 } },
    { form: 'has other ends of lines', text: 'a: |\r\n  x\r\n  y\r\nb: 1\r', is: { a: 'x\ny\n', b: 1 } },
    { form: 'begins with a byte-order mark', text: '\uFEFFa: 1\n', is: { a: 1 } },
    { form: 'says its version', text: '%YAML 1.2\n---\na: 0400\n', is: { a: 256 } },
    {
      form: 'is JSON with tabs',
      text: '{\n\t"a": 9007199254740993,\n\t"b": [1.50]\n}\n',
      is: { a: 9_007_199_254_740_993n, b: [1.5] },
    },
  ])('that $form', ({ text, is }) => {
    expect(valueIn(text)).toEqual(is);
  });
});

describe('keys', () => {
  test.each<{ form: string; text: string; is: unknown }>([
    {
      form: 'numbers',
      text: '0400: a\n1.50: b\n1e6: c\n9007199254740993: d\n',
      is: { '256': 'a', '1.5': 'b', '1e+06': 'c', '9007199254740993': 'd' },
    },
    { form: 'truth values', text: 'yes: a\nn: b\n', is: { true: 'a', false: 'b' } },
    { form: 'infinite', text: '.inf: a\n', is: { '.inf': 'a' } },
    {
      form: 'merged, and set below',
      text: 'x: &x {a: 1, b: 1}\n<<: *x\nb: 2\n',
      is: { x: { a: 1, b: 1 }, a: 1, b: 2 },
    },
    { form: 'set, and merged below', text: 'b: 2\n<<: {a: 1, b: 1}\n', is: { a: 1, b: 1 } },
    { form: 'merged of several, of which the first counts', text: '<<: [{a: 1}, {a: 2, b: 2}]\n', is: { a: 1, b: 2 } },
    { form: 'a merge in quotes', text: '"<<": {a: 1}\n', is: { '<<': { a: 1 } } },
    { form: '__proto__', text: '__proto__: {a: 1}\n', is: JSON.parse('{"__proto__": {"a": 1}}') },
  ])('that are $form', ({ text, is }) => {
    expect(valueIn(text)).toEqual(is);
  });

  test('50,000 of them are no more work than their number', () => {
    const text = Array.from({ length: 50_000 }, (_, index) => `key-${index}: value\n`).join('');
    expect(Object.keys(valueIn(text) as object)).toHaveLength(50_000);
    expect(faultsIn(`${text}key-7: again\n`)).toEqual([{ reason: 'the key "key-7" stands twice', line: 50_001 }]);
  });
});

describe('aliases', () => {
  test('of one anchor 1,000 times are what the anchor is', () => {
    const text = `base: &base {cpu: 1, memory: 2}\nall:\n${'- *base\n'.repeat(1000)}`;
    expect(valueIn(text)).toMatchObject({ all: expect.arrayContaining([{ cpu: 1, memory: 2 }]) });
  });

  test('count from where their anchor stands, until it stands again', () => {
    expect(valueIn('a: &x 1\nb: *x\nc: &x 2\nd: *x\n')).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });

  test.each([
    { fault: 'of nothing', text: 'a: *x\nb: &x 1\n', reason: 'the anchor x is not defined above', line: 1 },
    { fault: 'within their anchor', text: 'a: &x\n  b: *x\n', reason: 'the anchor x contains itself', line: 2 },
    {
      fault: 'that unfold to a thousand million',
      text: `a: &a [${'x,'.repeat(10)}]\n${Array.from('bcdefghi', (name, at) => `${name}: &${name} [${`*${'abcdefgh'[at]},`.repeat(10)}]\n`).join('')}`,
      reason: 'its aliases unfold to more than a text may hold',
      line: 1,
    },
  ])('$fault are refused', ({ text, reason, line }) => {
    expect(faultsIn(text)).toEqual([{ reason, line }]);
  });
});

describe('a fault names its line', () => {
  test.each([
    { fault: 'a key that stands twice', text: 'a:\n  b: 1\n  b: 2\n', reason: 'the key "b" stands twice', line: 3 },
    { fault: 'two ways to write one key', text: '1: a\n0x1: b\n', reason: 'the key "1" stands twice', line: 2 },
    {
      fault: 'a list as a key',
      text: '? [a]\n: b\n',
      reason: 'expected text, a number or a truth value as a key, found something else',
      line: 1,
    },
    { fault: 'a merge of no map', text: 'a: 1\n<<: 5\n', reason: 'expected a map or a list of maps to merge', line: 2 },
    { fault: 'infinity', text: 'a: 1\nb: .inf\n', reason: 'expected a number that JSON has, found .inf', line: 2 },
    { fault: 'a tag that does not fit', text: 'a: !!int x\n', reason: 'x is no !!int', line: 1 },
    {
      fault: 'an indicator in brackets',
      text: 'a: [?x]\n',
      reason: '?x begins with an indicator of YAML: write it in quotes',
      line: 1,
    },
    { fault: 'no space after a colon in braces', text: 'a: {x:,y: 1}\n', reason: 'expected a space after x:', line: 1 },
    {
      fault: 'blanks after an indicator',
      text: 'a: |1\n   \nb: 1\n',
      reason: 'expected text after an indentation indicator, found blanks alone',
      line: 1,
    },
    {
      fault: 'a control character',
      text: 'a: 1\nb: "\u0007"\n',
      reason: 'expected text, found the character U+0007, which YAML cannot hold as it is',
      line: 2,
    },
  ])('$fault', ({ text, reason, line }) => {
    expect(faultsIn(text)).toEqual([{ reason, line }]);
  });

  test('and takes no other document with it', () => {
    expect(readYaml('a: 1\n---\nb: [\n---\nc: 3\n').map(({ value, faults }) => value ?? faults)).toEqual([
      { a: 1 },
      [{ reason: expect.stringContaining('must be sufficiently indented and end with a ]'), line: 4 }],
      { c: 3 },
    ]);
  });
});

describe('a text beyond a limit is not read', () => {
  test.each([
    { limit: { maxLength: 10 }, text: 'a: 0123456789', reason: 'expected at most 10 characters, found 13' },
    {
      limit: { maxDocuments: 2 },
      text: 'a: 1\n---\nb: 1\n---\nc: 1\n',
      reason: 'expected at most 2 documents, found more',
    },
    {
      limit: { maxDepth: 3 },
      text: '[[[[]]]]',
      reason: 'expected at most 3 lists and maps within one another, found more',
    },
    { limit: { maxNodes: 5 }, text: '[1, 2, 3, 4, 5]', reason: 'expected at most 5 keys and values, found more' },
    {
      limit: { maxNodes: 20 },
      text: 'a: &a [1, 2, 3, 4]\nb: [*a, *a, *a, *a]\n',
      reason: 'its aliases unfold to more than 20 keys and values',
    },
  ])('$limit', ({ limit, text, reason }) => {
    const faults = readYaml(text, { ...YAML_LIMITS, ...limit }).flatMap((document) => document.faults);
    expect(faults).toEqual([{ reason, line: expect.any(Number) }]);
  });

  test('lists within one another 20,000 deep', () => {
    const reason = 'expected at most 500 lists and maps within one another, found more';
    expect(faultsIn('['.repeat(20_000))).toEqual([{ reason, line: 1 }]);
  });
});
