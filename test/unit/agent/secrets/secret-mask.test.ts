import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SecretMask } from '../../../../infra/agent/secrets/secret-mask.ts';

function maskOf(...values: readonly string[]) {
  const secrets = new SecretMask();
  secrets.replace('test', values);
  return secrets.mask;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEA\n-----END PRIVATE KEY-----\n';

describe('a secret is masked', () => {
  test.each([
    { where: 'as it is', value: 'hunter2', text: 'found "hunter2".', is: 'found "***".' },
    { where: 'each time', value: 'hunter2', text: 'hunter2, hunter2', is: '***, ***' },
    { where: 'amid a word', value: 'hunter2', text: 'postgres://u:hunter2@db', is: 'postgres://u:***@db' },
    { where: 'of four characters', value: 's3cr', text: 'got s3cr', is: 'got ***' },
    { where: 'without the white space around it', value: 'hunter2\n', text: 'found hunter2 and', is: 'found *** and' },
    { where: 'put on one line', value: 'one two\n\tthree', text: 'found one two three', is: 'found ***' },
    { where: 'by a line of it', value: PEM, text: 'bad line MIIEvQIBADANBgkqhkiG9w0BAQEFAASC!', is: 'bad line ***!' },
    {
      where: 'in JSON',
      value: 'a"b\\c\nd',
      text: `said ${JSON.stringify({ v: 'a"b\\c\nd' })}`,
      is: 'said {"v":"***"}',
    },
    {
      where: 'in JSON within JSON',
      value: 'a"b\\c',
      text: JSON.stringify({ body: JSON.stringify({ v: 'a"b\\c' }) }),
      is: JSON.stringify({ body: JSON.stringify({ v: '***' }) }),
    },
    { where: 'in JSON as Go writes it', value: 'a<b>&c', text: '"a\\u003cb\\u003e\\u0026c"', is: '"***"' },
    { where: 'in single quotes of YAML', value: "it's so", text: "v: 'it''s so'", is: "v: '***'" },
    { where: 'in a URL', value: 'pä ss/1', text: '?p=p%C3%A4%20ss%2F1&q', is: '?p=***&q' },
    { where: 'in a form', value: 'pä ss/1', text: '?p=p%C3%A4+ss%2F1&q', is: '?p=***&q' },
    { where: 'in base64', value: 'hunter2', text: 'data aHVudGVyMg==.', is: 'data ***.' },
    { where: 'in base64 without padding', value: 'hunter2', text: 'data aHVudGVyMg.', is: 'data ***.' },
    {
      where: 'in base64 for URLs',
      value: 'a?~>b?~>',
      text: `v ${Buffer.from('a?~>b?~>').toString('base64url')}`,
      is: 'v ***',
    },
    {
      where: 'cut by Go’s YAML',
      value: 'correct-horse',
      text: 'cannot unmarshal !!str `correct...` into int',
      is: 'cannot unmarshal !!str `***...` into int',
    },
    { where: 'cut by us', value: 'correct-horse', text: 'found corre…', is: 'found ***…' },
    { where: 'cut at the end of the text', value: 'correct-horse', text: 'found correct-h', is: 'found ***' },
  ])('$where', ({ value, text, is }) => {
    expect(maskOf(value)(text)).toBe(is);
  });

  test.each([0, 1, 2, 3, 4, 5])('in base64 of a text that has %i characters before it', (before) => {
    const masked = maskOf('correct-horse')(base64(`${'x'.repeat(before)}correct-horse tail`));
    const told = Buffer.from(masked.split('***').join('')).toString('latin1');
    expect(masked).toContain('***');
    expect(masked.length).toBeLessThan(base64('xxxxxx tail').length + 6);
    expect(told).not.toContain(base64('ect-ho'));
  });

  test('with all of a longer one, and with all of two that overlap', () => {
    expect(maskOf('abcd', 'abcdefgh')('x abcdefgh y abcd z')).toBe('x *** y *** z');
    expect(maskOf('abcdef', 'defghi')('x abcdefghi y')).toBe('x *** y');
    expect(maskOf('abab')('xababaBx')).toBe('x***aBx');
  });

  test('that is longer than any message, in whole and in part', () => {
    const long = Array.from({ length: 3000 }, (_, index) => String.fromCharCode(97 + ((index * index) % 26))).join('');
    expect(maskOf(long)(`<${long}>`)).toBe('<***>');
    expect(maskOf(long)(`<${base64(long)}>`)).toMatch(/^<[^a-z]{0,12}>$/);
  });
});

test.each([
  { what: 'three characters', value: 'abc', text: 'abc stays' },
  { what: 'a truth value', value: 'true', text: 'expected true' },
  { what: 'null', value: 'null', text: 'is null' },
  { what: 'the default namespace', value: 'default', text: 'configmap/default/a' },
  { what: 'white space', value: '      ', text: 'a      b' },
  { what: 'nothing', value: '', text: 'a' },
])('$what is no secret', ({ value, text }) => {
  expect(maskOf(value)(text)).toBe(text);
});

test('values of the time before are masked still, those before them no longer', () => {
  const secrets = new SecretMask();
  secrets.replace('shop', ['first-value', 'stays-value']);
  secrets.replace('other', ['other-value']);
  secrets.replace('shop', ['second-value', 'stays-value']);
  expect(secrets.mask('first-value second-value stays-value other-value')).toBe('*** *** *** ***');
  secrets.replace('shop', ['stays-value', 'second-value']);
  expect(secrets.mask('first-value')).toBe('***');
  secrets.add('shop', ['third-value']);
  expect(secrets.mask('first-value second-value third-value')).toBe('*** *** ***');
  secrets.replace('shop', []);
  expect(secrets.mask('first-value third-value')).toBe('first-value ***');
});

test('whatever the secrets are, none of them stands in what was masked', () => {
  const value = fc.string({ minLength: 4, maxLength: 12, unit: fc.constantFrom('a', 'b', 'é', '"', ' ', '\n', '🚀') });
  const property = fc.property(
    fc.array(value, { minLength: 1, maxLength: 8 }),
    fc.array(fc.nat(7), { maxLength: 6 }),
    (values, picks) => {
      const mask = maskOf(...values);
      const text = picks.map((pick) => values[pick % values.length]).join('b');
      const masked = mask(text);
      const worth = values.filter((one) => one.trim().length >= 4);
      expect(worth.filter((one) => masked.includes(one))).toEqual([]);
    },
  );
  fc.assert(property, { numRuns: 500 });
});

describe('a beginning of a secret before a cut is masked', () => {
  test.each([
    { what: 'up to the last cut that it reaches', text: 'abcd...efgh...ij', is: '***...ij' },
    { what: 'up to no cut that it does not reach', text: 'abcd...exgh...ij', is: '***...exgh...ij' },
    { what: 'that is eight characters at the end', text: 'x abcd...e', is: 'x ***' },
    { what: 'before a sign at the end, and not the sign', text: 'x abcd...', is: 'x ***...' },
  ])('$what', ({ text, is }) => {
    expect(maskOf('abcd...efgh...zzzz')(text)).toBe(is);
  });

  test('in texts that are all signs of cuts, each of which is looked at once', () => {
    const mask = maskOf('y'.repeat(2000), 'hunter2hunter2', '....');
    const texts = Array.from({ length: 40 }, (_, at) => `${at} ${'a...'.repeat(16_000)}`);
    expect(texts.map(mask)).toEqual(texts);
  });
});
