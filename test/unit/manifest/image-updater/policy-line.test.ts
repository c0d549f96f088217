import { describe, expect, test } from 'vitest';
import { policyFor } from '../../../../shared/manifest/image-updater/policy-line.ts';
import { choose } from '../../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../../shared/policy/parse.ts';

describe('the line of Sluice for what Argo CD Image Updater is told', () => {
  test.each([
    { name: 'a constraint', constraint: '~1.2', settings: {}, line: 'semver:~1.2' },
    { name: 'no constraint', constraint: '', settings: {}, line: 'semver:*' },
    { name: 'the strategy of the default', constraint: '1.x', settings: { strategy: 'semver' }, line: 'semver:1.x' },
    { name: 'an empty strategy', constraint: '1.x', settings: { strategy: '' }, line: 'semver:1.x' },
    { name: 'a strategy in capitals', constraint: '', settings: { strategy: 'Newest-Build' }, line: 'newest-build' },
    { name: 'the older name of newest-build', constraint: '', settings: { strategy: 'latest' }, line: 'newest-build' },
    {
      name: 'a constraint that has no effect',
      constraint: '1',
      settings: { strategy: 'latest' },
      line: 'newest-build',
    },
    { name: 'alphabetical', constraint: '', settings: { strategy: 'alphabetical' }, line: 'alphabetical:asc' },
    { name: 'the older name of it', constraint: '', settings: { strategy: 'name' }, line: 'alphabetical:asc' },
    { name: 'the digest of a tag', constraint: 'main', settings: { strategy: 'digest' }, line: 'tag:main; pin' },
    {
      name: 'a calendar by default, whose v may be there or not',
      constraint: '',
      settings: { strategy: 'calver' },
      line: 'calver:YYYY.0M.0D; filter ^[vV]?(.*)$; extract $1',
    },
    {
      name: 'a calendar with counters that a tag may leave out',
      constraint: 'vYYYY.MINOR.MICRO',
      settings: { strategy: 'calver' },
      line: 'calver:vYYYY[.MINOR][.MICRO]',
    },
    {
      name: 'tags that are allowed',
      constraint: '',
      settings: { strategy: 'newest-build', allowTags: 'regexp:^[0-9a-f]{7}$' },
      line: 'newest-build; allow regexp:^[0-9a-f]{7}$',
    },
    { name: 'any tag', constraint: '1', settings: { allowTags: 'any' }, line: 'semver:1' },
    { name: 'no word about tags', constraint: '1', settings: { allowTags: '' }, line: 'semver:1' },
    {
      name: 'tags that are left out',
      constraint: '1',
      settings: { ignoreTags: ['*-rc*', 'tag?'] },
      line: 'semver:1; ignore *-rc*, tag?',
    },
    {
      name: 'an expression with a semicolon',
      constraint: '1',
      settings: { allowTags: 'regexp:^[;1]' },
      line: String.raw`semver:1; allow regexp:^[\x3b1]`,
    },
  ])('$name', ({ constraint, settings, line }) => {
    expect(policyFor(constraint, settings)).toEqual({ line });
    expect(() => parsePolicy(line)).not.toThrow();
  });

  test.each([
    {
      name: 'an unknown strategy, which the updater takes for semver',
      constraint: '',
      settings: { strategy: 'semvr' },
      says: 'the update strategy "semvr" is unknown; did you mean semver?',
    },
    {
      name: 'a strategy that is near to none',
      constraint: '',
      settings: { strategy: 'whatever' },
      says: 'the update strategy "whatever" is unknown; there are semver, newest-build',
    },
    {
      name: 'digest without a tag',
      constraint: '',
      settings: { strategy: 'digest' },
      says: 'the update strategy digest follows one tag, which is written behind the image, as in app:main; none is',
    },
    { name: 'digest of a range', constraint: '~1', settings: { strategy: 'digest' }, says: '"~1" is none' },
    {
      name: 'a constraint that would begin a clause',
      constraint: '1.x; prereleases',
      settings: {},
      says: 'the constraint "1.x; prereleases" is none',
    },
    { name: 'allow-tags without a function', constraint: '', settings: { allowTags: '^v' }, says: 'expected regexp:' },
    { name: 'an unknown function', constraint: '', settings: { allowTags: 'regex:^v' }, says: 'did you mean regexp?' },
    { name: 'an empty expression', constraint: '', settings: { allowTags: 'regexp:' }, says: 'an expression' },
    { name: 'spaces around it', constraint: '', settings: { allowTags: 'regexp:^v ' }, says: 'without spaces' },
    {
      name: 'two patterns in one item',
      constraint: '',
      settings: { ignoreTags: ['a,b'] },
      says: 'ignore-tags has "a,b"; expected each pattern as an item of its own',
    },
    {
      name: 'more patterns than anybody writes',
      constraint: '',
      settings: { ignoreTags: Array.from({ length: 101 }, () => 'a') },
      says: 'ignore-tags has 101 patterns; expected 100 at most',
    },
    {
      name: 'what is no platform',
      constraint: '',
      settings: { platforms: ['amd64'] },
      says: 'platforms has "amd64"; expected platforms like linux/amd64 or linux/arm/v7',
    },
    { name: 'a calendar with words', constraint: 'YYYY.MODIFIER', settings: { strategy: 'calver' }, says: 'MODIFIER' },
    {
      name: 'a calendar that begins with the day',
      constraint: 'DD-MM-YYYY',
      settings: { strategy: 'calver' },
      says: 'order',
    },
    { name: 'a calendar without a year', constraint: 'MM.DD', settings: { strategy: 'calver' }, says: 'order' },
    { name: 'a text that would be a counter', constraint: 'YYYY-n', settings: { strategy: 'calver' }, says: 'hh, mm' },
  ])('refuses $name', ({ constraint, settings, says }) => {
    expect(policyFor(constraint, settings)).toEqual({ refused: expect.stringContaining(says) });
  });

  test.each([
    { name: 'a constraint', constraint: '~banana', settings: {}, tags: ['banana', '1.0.0'] },
    { name: 'an expression', constraint: '', settings: { allowTags: 'regexp:(' }, tags: ['1.0.0', '('] },
    { name: 'a glob', constraint: '', settings: { ignoreTags: ['[a'] }, tags: ['1.0.0', '[a'] },
  ])('leaves $name that is none to the reader of lines, who refuses it', ({ constraint, settings }) => {
    const policy = policyFor(constraint, settings);
    expect(() => parsePolicy('line' in policy ? policy.line : '')).toThrow('policy');
  });
});

/** What is chosen, by the updater's own tests where a row has a source there. */
test.each([
  {
    name: 'the newest patch',
    constraint: '~1.0',
    settings: {},
    tags: ['0.1', '0.5.1', '0.9', '1.0', '1.0.1', '1.1.2', '2.0.3'],
    to: '1.0.1',
  },
  {
    name: 'no prerelease where there is no constraint',
    constraint: '',
    settings: {},
    tags: ['v2.2.0', 'v2.3.0-rc.0.18.g1abb7b5dd-ppc64le'],
    to: 'v2.2.0',
  },
  {
    name: 'a prerelease that is asked for',
    constraint: '2.x-0',
    settings: {},
    tags: ['2.0.0', '2.1.0-rc1'],
    to: '2.1.0-rc1',
  },
  {
    name: 'what no glob leaves out',
    constraint: '',
    settings: { strategy: 'alphabetical', ignoreTags: ['tag?'] },
    tags: ['tag1', 'tag10', 'tag2'],
    to: 'tag10',
  },
  {
    name: 'the tag latest, which is a tag like others',
    constraint: '',
    settings: { strategy: 'name' },
    tags: ['a', 'latest'],
    to: 'latest',
  },
  {
    name: 'nothing where all is left out',
    constraint: '',
    settings: { ignoreTags: ['*'] },
    tags: ['1.0.0'],
    to: undefined,
  },
  {
    name: 'the tag that is followed',
    constraint: 'main',
    settings: { strategy: 'digest' },
    tags: ['main', '9'],
    to: 'main',
  },
  {
    name: 'the later date, with a v or without',
    constraint: 'YYYY.0M.MICRO',
    settings: { strategy: 'calver' },
    tags: ['2026.01', '2026.01.10', 'v2026.01.9', 'latest'],
    to: '2026.01.10',
  },
])('chooses $name', ({ constraint, settings, tags, to }) => {
  const policy = policyFor(constraint, settings);
  const choice = choose({
    policy: parsePolicy('line' in policy ? policy.line : ''),
    current: undefined,
    candidates: tags.map((tag) => ({ tag })),
  });
  expect(choice.action === 'update' ? choice.to.tag : undefined).toBe(to);
});
