import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../../shared/policy/parse.ts';

const GLOB = 'expected a glob of letters, digits, "_", "." and "-", as tags have them, and "*" for any text';
const REGEXP = 'expected a regular expression for tags';

describe('a filter that no tag can pass is refused, with what was perhaps meant', () => {
  test.each([
    { text: '~1.0', found: '"~", which no tag has', meant: 'semver:~1.0' },
    { text: '^2', found: '"^", which no tag has', meant: 'semver:^2' },
    { text: '>=1.0, <2.0', found: '">", which no tag has', meant: 'semver:>=1.0, <2.0' },
    { text: '1.x || 2.x', found: '" ", which no tag has', meant: 'semver:1.x || 2.x' },
    { text: 'glob:~1.0', found: '"~", which no tag has', meant: 'semver:~1.0' },
    { text: 'semvar:~1.0', found: '":", which no tag has', meant: 'semver:~1.0' },
    { text: 'SemVer:~1.0', found: '":", which no tag has', meant: 'semver:~1.0' },
    { text: 'semver ~1.0', found: '" ", which no tag has', meant: 'semver:~1.0' },
    { text: 'semver=~1.0', found: '"=", which no tag has', meant: 'semver:~1.0' },
    { text: '"semver:~1.0"', found: '"\\"", which no tag has', meant: 'semver:~1.0' },
    { text: 'globe:main-*', found: '":", which no tag has', meant: 'glob:main-*' },
    { text: 'glob: main-*', found: '" ", which no tag has', meant: 'glob:main-*' },
    { text: 'reg:^v', found: '":", which no tag has', meant: 'regex:^v' },
    { text: 'regexpr:^v', found: '":", which no tag has', meant: 'regexp:^v' },
    { text: '^main-.*$', found: '"^", which no tag has', meant: 'regexp:^main-.*$' },
    { text: '/^v1/', found: '"/", which no tag has', meant: 'regexp:^v1' },
    { text: String.raw`v\d+`, found: String.raw`"\\", which no tag has`, meant: String.raw`regexp:v\d+` },
    { text: 'glob:v1.?', found: '"?", which no tag has', meant: String.raw`regexp:^v1\..$` },
    { text: '[ab]-*', found: '"[", which no tag has', meant: 'regexp:^[ab]-.*$' },
    { text: 'host:5000*', found: '":", which no tag has', meant: undefined },
    { text: 'constructor:x', found: '":", which no tag has', meant: undefined },
    { text: '-rc*', found: '"-" at its start, where no tag has it', meant: undefined },
  ])('$text', ({ text, found, meant }) => {
    expect(messageOf(text)).toBe(`policy ${text}: ${GLOB}, found ${found}${hint(meant)}`);
  });

  test.each([
    { text: 'regexp:~1.0', found: '"~", which no tag has', meant: 'semver:~1.0' },
    { text: 'regexp:~1||~2', found: '"~", which no tag has', meant: 'semver:~1||~2' },
    { text: 'regexp: ^v', found: 'one with a space around it, which no tag has', meant: 'regexp:^v' },
  ])('$text', ({ text, found, meant }) => {
    expect(messageOf(text)).toBe(`policy ${text}: ${REGEXP}, found ${found}${hint(meant)}`);
  });

  test.each([
    { text: 'semver:main-*', meant: 'glob:main-*' },
    { text: String.raw`semver:^v1\.`, meant: String.raw`regexp:^v1\.` },
    { text: 'semver:semver:~1', meant: 'semver:~1' },
    { text: 'semver:latest', meant: 'glob:latest' },
    { text: 'regexp:*-dev', meant: 'glob:*-dev' },
  ])('$text', ({ text, meant }) => {
    expect(messageOf(text)).toMatch(/^policy .+: expected .+, found .+/);
    expect(messageOf(text).endsWith(hint(meant))).toBe(true);
  });
});

test.each([
  { text: '1.*', yes: ['1.0', '1.x'], no: ['2.0'] },
  { text: 'v1.0', yes: ['v1.0'], no: ['v1.0.1'] },
  { text: 'main_*-x', yes: ['main_1-x'], no: ['main-1-x'] },
  { text: 'regexp:^1.0', yes: ['1.0', '110'], no: ['v1.0'] },
  { text: 'regexp:1.x', yes: ['1.x'], no: ['1.0'] },
])('$text is taken as it is written', ({ text, yes, no }) => {
  expect(parsePolicy(text).accept([...no, ...yes])).toEqual(yes);
});

function hint(meant: string | undefined): string {
  return meant === undefined ? '' : `. Did you mean ${meant}?`;
}

function messageOf(text: string): string {
  try {
    parsePolicy(text);
    return 'taken';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}
