import { describe, expect, test } from 'vitest';
import { isSluiceError } from '../../../shared/errors.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';

describe('tags that a filter of Flux v1 accepts', () => {
  test.each([
    { filter: 'glob:*', yes: ['a', 'master', '1.0'], no: ['latest', 'LATEST'] },
    { filter: '*', yes: ['a', 'master'], no: ['latest'] },
    { filter: 'master-*', yes: ['master-', 'master-foo'], no: ['', 'foo-master', 'Master-foo'] },
    { filter: 'glob:*-rc*-x', yes: ['1-rc1-x', '-rc-x'], no: ['1-rc1-x2', '1-rc1'] },
    { filter: 'latest', yes: ['latest'], no: ['Latest', 'a'] },
    { filter: 'glob:latest', yes: ['latest'], no: ['LATEST'] },
    { filter: 'late*', yes: ['later'], no: ['latest'] },
    { filter: 'regexp:^latest$', yes: [], no: ['latest'] },
    {
      filter: 'semver:*',
      yes: ['1', '1.0', 'v1.0.3', '12345678', '01.02.03'],
      no: ['latest', '2.0.1-alpha.1', '1.2.3.4'],
    },
    { filter: 'semver:~1', yes: ['v1', '1.2.3'], no: ['2.0.0'] },
    { filter: 'semver: ~1.0 ', yes: ['1.0.1'], no: ['1.1.0'] },
    { filter: 'semver:2.0.1-alpha.1', yes: ['2.0.1-alpha.1'], no: ['2.0.1'] },
    { filter: 'semver:~1.2.3-beta.2', yes: ['1.2.4-beta.2'], no: ['1.3.4-beta.2'] },
    { filter: String.raw`regex:^\w{7}(?:\w)?$`, yes: ['af14eb2', 'bb73ed94'], no: ['946427ff-foo'] },
    { filter: 'regexp:rc', yes: ['1.0-rc1', 'rc'], no: ['1.0'] },
    { filter: 'regexp:(?i)RC', yes: ['1.0-rc1'], no: ['1.0'] },
    { filter: 'regexp:^((?!tmp).)*$', yes: ['3f2a9c1', 'master'], no: ['tmp', 'a-tmp-b'] },
    { filter: String.raw`regexp:^(\w)-\1$`, yes: ['a-a'], no: ['a-b'] },
  ])('$filter', ({ filter, yes, no }) => {
    expect(parsePolicy(filter).accept([...no, ...yes])).toEqual(yes);
  });
});

describe('tags of a filter’s scheme', () => {
  test.each([
    { filter: 'semver:~1.0', yes: ['1.0', 'v2.0.0', '1.0.0-rc.1'], no: ['master', 'latest', '1.2.3.4'] },
    { filter: 'glob:main-*', yes: ['main-1'], no: ['master', 'latest'] },
    { filter: 'regexp:^((?!tmp).)*$', yes: ['main-1'], no: ['tmp', 'latest'] },
  ])('$filter', ({ filter, yes, no }) => {
    const policy = parsePolicy(filter);
    expect([...no, ...yes].filter((tag) => policy.ranks(tag))).toEqual(yes);
  });
});

describe('filters that are refused', () => {
  test.each([
    {
      filter: 'semver:foo',
      message:
        'policy semver:foo: expected a range of versions like ~1.2, ^2 or >=1.0, <2.0, found "foo". Did you mean glob:foo?',
    },
    {
      filter: 'regexp:(',
      message:
        'policy regexp:(: expected a regular expression, found Invalid regular expression: /(/u: Unterminated group',
    },
    ...['regexp:[^]', 'regexp:[]', 'regexp:^(?!tmp)[^]*$', 'glob:*; filter [^]'].map((filter) => ({
      filter,
      message: `policy ${filter}: expected a regular expression, found a class without characters`,
    })),
    {
      filter: String.raw`regexp:\A(?!tmp)`,
      message: String.raw`policy regexp:\A(?!tmp): expected a regular expression, found Invalid regular expression: /\A(?!tmp)/u: Invalid escape`,
    },
    {
      filter: 'semver:',
      message: 'policy "semver:": expected a filter like glob:main-*, semver:~1.2 or regexp:^v, found an empty one',
    },
    {
      filter: ' ',
      message: 'policy "": expected a filter like glob:main-*, semver:~1.2 or regexp:^v, found an empty one',
    },
  ])('$filter', ({ filter, message }) => {
    const error = thrown(() => parsePolicy(filter));
    expect(isSluiceError(error, 'policy-invalid')).toBe(true);
    expect(error).toHaveProperty('message', message);
  });
});

describe('a pattern that takes too long', () => {
  const policy = parsePolicy('regexp:^(?=a)(a+)+$');

  test('matches nothing, and says so', () => {
    const error = thrown(() => policy.accept(['a', `${'a'.repeat(100)}!`]));
    expect(isSluiceError(error, 'policy-over-budget')).toBe(true);
    expect(error).toHaveProperty(
      'message',
      'policy regexp:^(?=a)(a+)+$: expected an answer for 2 tags within 100 ms, found none. ' +
        'Write it without lookaround and back-references: it runs in linear time then.',
    );
  });

  test('leaves other policies and its own later lists alone', () => {
    expect(() => policy.accept([`${'a'.repeat(100)}!`])).toThrow('within 100 ms');
    expect(policy.accept(['a', 'b'])).toEqual(['a']);
    expect(parsePolicy('regexp:^(?!tmp)').accept(['tmp', 'b'])).toEqual(['b']);
  });

  test('is no trouble where RE2 can express it', () => {
    const tags = [`${'a'.repeat(100)}!`, 'aaa'];
    expect(parsePolicy('regexp:^(a+)+$').accept(tags)).toEqual(['aaa']);
    expect(parsePolicy(`glob:${'*a'.repeat(40)}`).accept(tags)).toEqual([]);
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
