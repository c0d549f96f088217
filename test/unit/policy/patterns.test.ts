import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BuiltInPattern } from '../../../shared/policy/built-in-pattern.ts';
import { LinearPattern } from '../../../shared/policy/linear-pattern.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import { shellGlobTest } from '../../../shared/policy/shell-glob.ts';
import { wildcardTest } from '../../../shared/policy/wildcard.ts';

describe('runs on the built-in engine', () => {
  test.each([
    'main',
    '^main-[0-9a-f]{7}$',
    String.raw`^v?\d+\.\d+\.\d+$`,
    String.raw`^v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})(-[a-z0-9.]{1,64})?$`,
    '^(main|release)-[0-9a-f]{7,40}-(?P<ts>[0-9]{10})$',
    String.raw`^[\w.-]{1,127}$`,
    '^test-(.*)$',
    '^.*-alpine$',
    String.raw`\d+-rc`,
    '^(?:a|b)?c$',
  ])('%s', (pattern) => {
    expect(BuiltInPattern.of(pattern)).toBeDefined();
  });
});

describe('is left to RE2, since it may take long there, or is read in another way', () => {
  test.each([
    '^(a+)+$',
    '(x+x+)+y',
    '^.*-.*-.*-.*$',
    `^${'a?'.repeat(30)}${'a'.repeat(30)}$`,
    `^${'(?:a|aa)'.repeat(20)}$`,
    'a.*b',
    '^(?:(a)|b)*$',
    '(?i)main',
    String.raw`\Amain\z`,
    '[[:alpha:]]',
    '[]a]',
    '[]a[b]',
    '[^]a[b]',
    '[]',
    '[^]',
    'a{02}',
    'a{1,02}',
    '(?P<a>x)(?P<a>y)',
    'é',
    '^(a?)?b',
  ])('%s', (pattern) => {
    expect(BuiltInPattern.of(pattern)).toBeUndefined();
  });
});

describe('the built-in engine', () => {
  const set = fc.constantFrom(
    'a',
    'b',
    '-',
    '1',
    '.',
    String.raw`\.`,
    String.raw`\d`,
    String.raw`\w`,
    '[ab]',
    '[^a-]',
    '[a-c1]',
    String.raw`[\d.]`,
    '[]',
    '[^]',
    '[]a[b]',
    '[^]a[b]',
  );
  const times = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{02}', '{1,3}', '{2,}', '*?', '+?', '??');
  const item = fc.tuple(set, times).map((parts) => parts.join(''));
  const sequence = fc.array(item, { maxLength: 4 }).map((items) => items.join(''));
  const group = fc
    .tuple(
      fc.constantFrom('(', '(?:', '(?P<n>', '(?<m>'),
      fc.array(sequence, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '', '?'),
    )
    .map(([opening, options, optional]) => `${opening}${options.join('|')})${optional}`);
  const pattern = fc
    .tuple(
      fc.constantFrom('^', '', String.raw`\b`),
      fc.array(fc.oneof(item, group), { maxLength: 4 }),
      fc.constantFrom('', '$'),
    )
    .map(([start, parts, end]) => `${start}${parts.join('')}${end}`);
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', '1', '.', '2'), maxLength: 12 });

  test('finds what RE2 finds, in the same groups', () => {
    let compared = 0;
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (source, texts) => {
        const builtIn = BuiltInPattern.of(source);
        fc.pre(builtIn !== undefined);
        const linear = new LinearPattern(source);
        compared += 1;
        expect([...builtIn.names]).toEqual([...linear.names]);
        expect(builtIn.foundIn(texts)).toEqual(linear.foundIn(texts));
        expect(builtIn.capturesIn(texts).map((found) => found && Array.from(found))).toEqual(linear.capturesIn(texts));
      }),
      { numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  test.each([
    { pattern: String.raw`^\w+\.\w+\.\w+\.\w+\.\w+!$`, tag: 'a.'.repeat(64) },
    { pattern: '^.*-!$', tag: '-'.repeat(128) },
    { pattern: String.raw`\d+!`, tag: '1'.repeat(128) },
    { pattern: '^a*b*c*d*e*f*!$', tag: 'a'.repeat(128) },
  ])('takes little time for 10,000 times the worst tag for $pattern', ({ pattern: source, tag }) => {
    const builtIn = BuiltInPattern.of(source);
    const before = process.threadCpuUsage().user;
    expect(builtIn?.foundIn(Array.from({ length: 10_000 }, () => tag))).toEqual([]);
    expect(process.threadCpuUsage().user - before).toBeLessThan(2_000_000);
  });
});

describe('globs', () => {
  const glob = fc.string({ unit: fc.constantFrom('*', '*', 'a', 'b', '.', '?'), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '?'), maxLength: 10 });
  const toRegExp = (source: string, any: string) =>
    new RegExp(`^${source.replaceAll('.', String.raw`\.`).replaceAll('?', any).replaceAll('*', '.*')}$`);

  test('of Flux v1 know the star alone', () => {
    fc.assert(
      fc.property(glob, text, (source, tag) => {
        expect(wildcardTest(source)(tag)).toBe(toRegExp(source, String.raw`\?`).test(tag));
      }),
    );
  });

  test('of a shell know the question mark too', () => {
    fc.assert(
      fc.property(glob, text, (source, tag) => {
        expect(shellGlobTest(source)?.(tag)).toBe(toRegExp(source, '.').test(tag));
      }),
    );
  });

  test.each([
    { source: '[a-c]x', yes: ['ax', 'cx'], no: ['dx', 'x'] },
    { source: '[^a-c]x', yes: ['dx'], no: ['ax', 'x'] },
    { source: String.raw`[\]\-]\*`, yes: [']*', '-*'], no: ['a*', ']a'] },
  ])('$source of a shell', ({ source, yes, no }) => {
    expect([...yes, ...no].filter((tag) => shellGlobTest(source)?.(tag))).toEqual(yes);
  });

  test.each(['[a', '[]', String.raw`a\ `.trim(), '[a-]', String.raw`[\]-]`])('%s is no glob of a shell', (source) => {
    expect(shellGlobTest(source)).toBeUndefined();
  });

  test('many stars take little time', () => {
    const policy = parsePolicy(`glob:${'*a'.repeat(60)}*b`);
    expect(policy.accept(Array.from({ length: 10_000 }, () => 'a'.repeat(128)))).toEqual([]);
  });
});
