import { describe, expect, test } from 'vitest';
import { choose } from '../../../shared/policy/choose.ts';
import { filterClauses } from '../../../shared/policy/line.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';

function chosen(text: string, tags: readonly string[], current?: string): string | undefined {
  const candidates = tags.map((tag) => ({ tag }));
  const standing = current === undefined ? undefined : { tag: current };
  const choice = choose({ policy: parsePolicy(text), current: standing, candidates });
  return choice.action === 'update' ? choice.to.tag : undefined;
}

describe('what a filter takes out of a tag is ranked, and the tag is written', () => {
  const tags = ['test-0.1.0', 'test-0.1.1', 'dev-0.2.0', '1.0.0', '1.0.1', '1.0.2', '1.1.0-alpha'];

  test.each([
    { text: 'semver:>=0.x; filter ^test-(.*)$; extract $1', of: tags, to: 'test-0.1.1' },
    { text: `semver:>=0.x; filter ^test-(?P<v>.*)$; extract \${v}`, of: tags, to: 'test-0.1.1' },
    { text: 'semver:*; filter ^(?=test)test-(?<v>.*)$; extract $v', of: tags, to: 'test-0.1.1' },
    {
      text: String.raw`numerical:asc; filter ^main-\w+-(\d+)$; extract $1`,
      of: ['main-a1-9', 'main-b2-10', 'main-c3-x'],
      to: 'main-b2-10',
    },
    {
      text: String.raw`numerical:asc; filter (?i)^MAIN-\w+-(\d+)$; extract $1`,
      of: ['main-a1-9', 'main-b2-10'],
      to: 'main-b2-10',
    },
    { text: String.raw`semver:*; filter ^(\d+)_(\d+)$; extract $1.$2.0`, of: ['1_9', '1_10'], to: '1_10' },
    { text: 'numerical:asc; filter ^a(b)?c*$; extract 1$1', of: ['acc', 'ac'], to: 'acc' },
    { text: 'alphabetical:asc; filter ^[a-z]-(.*)$; extract $1', of: ['a-1', 'b-1'], to: 'b-1' },
    { text: 'semver:*; filter -alpine$', of: ['1.0.0-alpine', '2.0.0', '1.1.0-alpine'], to: undefined },
    {
      text: 'semver:*; prereleases; filter -alpine$',
      of: ['1.0.0-alpine', '2.0.0', '1.1.0-alpine'],
      to: '1.1.0-alpine',
    },
  ])('$text of $of', ({ text, of, to }) => {
    expect(chosen(text, of)).toBe(to);
  });

  test('a name in a template is as long as it can be, as in Go', () => {
    const policy = parsePolicy('semver:*; filter ^v(.*)$; extract $1x');
    expect(policy.accept(['v1.0.0'])).toEqual([]);
    expect(policy.refusal('v1.0.0').reason).toBe(
      'tag v1.0.0 does not pass semver:*; filter ^v(.*)$; extract $1x ' +
        '(as "", extract names a group 1x, which the filter does not have; did you mean ' +
        `\${1}x?)`,
    );
  });
});

test.each([
  { text: 'alphabetical; filter ^(a.*)$; extract $x', group: 'x' },
  { text: 'alphabetical:desc; filter ^(a.*)$; extract $2', group: '2' },
  { text: 'numerical; filter ^a(?P<n>.*)$; extract 1$m', group: 'm' },
  { text: 'numerical; filter ^a(?:[ab](\\d))*(\\d)$; extract 1$3', group: '3' },
  { text: 'alphabetical; filter ^(?!b)(a.*)$; extract v$2', group: '2' },
])('$text names a group that is not there, and matches nothing', ({ text, group }) => {
  const policy = parsePolicy(text);
  expect(policy.accept(['a1', 'a2'])).toEqual([]);
  expect(policy.refusal('a1').reason).toContain(`extract names a group ${group}, which the filter does not have`);
});

describe('lists of tags', () => {
  test.each([
    { text: 'semver:*; allow ^1', of: ['1.0.0', '2.0.0'], to: '1.0.0' },
    { text: 'semver:*; allow regexp:^1', of: ['1.0.0', '2.0.0'], to: '1.0.0' },
    { text: 'semver:*; ignore 2.*, 3.0.0', of: ['1.0.0', '2.0.0', '3.0.0'], to: '1.0.0' },
    { text: 'semver:*; exclude ^2|0$', of: ['1.0.1', '1.0.0', '2.0.1'], to: '1.0.1' },
    { text: 'semver:*; filter ^v(.*)$; extract $1; exclude -rc', of: ['v1.0.0', 'v1.1.0-rc.1'], to: 'v1.0.0' },
    { text: 'alphabetical; ignore tag?', of: ['tag1', 'tag10', 'tag2'], to: 'tag10' },
    { text: 'alphabetical; ignore [^a-c]*,c', of: ['a', 'b', 'c', 'd', 'e1'], to: 'b' },
  ])('$text of $of', ({ text, of, to }) => {
    expect(chosen(text, of)).toBe(to);
  });

  test('say which of them left a tag out', () => {
    expect(parsePolicy('semver:*; exclude ^2').refusal('2.0.0').reason).toBe('tag 2.0.0 is left out by exclude ^2');
    const policy = parsePolicy('semver:*; allow ^[12]; ignore *-rc*, 2.*');
    expect(policy.refusal('3.0.0').reason).toBe('tag 3.0.0 does not pass allow ^[12]');
    expect(policy.refusal('2.0.0').reason).toBe('tag 2.0.0 is left out by ignore 2.*');
  });
});

describe('what stands there', () => {
  test.each([
    {
      name: 'a version that a filter leaves out is not gone down from',
      text: 'semver:*; ignore 2.*',
      current: '2.0.0',
      of: ['1.0.0'],
      to: undefined,
    },
    {
      name: 'a name that a filter leaves out is of another scheme',
      text: 'alphabetical; filter ^RELEASE',
      current: 'latest',
      of: ['RELEASE.1'],
      to: 'RELEASE.1',
    },
    {
      name: 'a name that a filter finds nothing in is of another scheme',
      text: 'semver:*; filter ^v(.*); extract $1',
      current: '9.0.0',
      of: ['v1.0.0'],
      to: 'v1.0.0',
    },
    {
      name: 'what a filter finds in it is compared',
      text: 'semver:*; filter ^v(.*); extract $1',
      current: 'v9.0.0',
      of: ['v1.0.0'],
      to: undefined,
    },
    {
      name: 'two tags of one rank',
      text: 'semver:*; filter ^[ab](.*); extract $1',
      current: 'a1.0.0',
      of: ['b1.0.0'],
      to: undefined,
    },
  ])('$name', ({ text, current, of, to }) => {
    expect(chosen(text, of, current)).toBe(to);
  });
});

describe('versions in the form of Flux v2', () => {
  test.each([
    { text: 'semver:>=0; strict', of: ['v1.2.3', '2.0', '3', '04.1.0', '1.2.3.4'], to: 'v1.2.3' },
    { text: 'semver:1.0.x; strict', of: ['1.0.0', '1.0.0.1', '1.0.0p', '1.0.1', '1.2.0', '0.1.0'], to: '1.0.1' },
    { text: 'semver:>=0', of: ['v1.2.3', '2.0'], to: '2.0' },
  ])('$text of $of', ({ text, of, to }) => {
    expect(chosen(text, of)).toBe(to);
  });

  test.each([
    { current: 'v5', to: undefined },
    { current: '1.1', to: 'v1.2.3' },
  ])('rank above or below a current $current, which is of another form', ({ current, to }) => {
    expect(chosen('semver:>=0; strict', ['v1.2.3'], current)).toBe(to);
  });
});

describe('a line that is not valid', () => {
  test.each([
    { text: 'semver:*; extract $1', says: 'expected a filter, of which extract takes its text, found none' },
    { text: 'semver:*; filter', says: 'expected filter and its value, found "filter"' },
    { text: 'semver:*; pin it', says: 'expected pin alone, found "pin it"' },
    { text: 'semver:*; pin; pin', says: 'expected pin once, found it twice' },
    { text: 'semver:*; allow a; allow b', says: 'expected allow once, found it twice' },
    { text: 'semver:*; ignroe a', says: 'found "ignroe a"; did you mean ignore?' },
    {
      text: 'semver:*; same-tag',
      says: 'expected no other word than prereleases, strict, pin for this kind of policy, found same-tag',
    },
    { text: 'main-*; strict', says: 'expected no other word than pin' },
    { text: 'semver:*; filter (', says: 'expected a regular expression' },
    {
      text: 'semver:*; ignore [a',
      says: 'expected globs like *-rc*, tag? or [0-9]*, with commas between them, found "[a"',
    },
    { text: '; pin', says: 'expected a filter like glob:main-*' },
  ])('$text', ({ text, says }) => {
    expect(() => parsePolicy(text)).toThrow(says);
  });
});

describe('filters as clauses, which a semicolon would end', () => {
  test.each([
    { filters: { filter: '[;a]' }, clauses: String.raw`; filter [\x3ba]` },
    { filters: { filter: String.raw`[\;a]` }, clauses: String.raw`; filter [\x3ba]` },
    { filters: { allow: String.raw`[\\;]` }, clauses: String.raw`; allow [\\\x3b]` },
    { filters: { exclude: 'a;b' }, clauses: String.raw`; exclude a\x3bb` },
    { filters: { ignore: ['*;*', 'a'] }, clauses: '; ignore a' },
    { filters: { ignore: ['*;*'] }, clauses: '' },
    { filters: { ignore: [] }, clauses: '' },
    { filters: { ignore: [''] }, clauses: '; ignore ' },
  ])('$filters', ({ filters, clauses }) => {
    expect(filterClauses(filters)).toBe(clauses);
  });
});
