import { describe, expect, test } from 'vitest';
import { choose } from '../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';

describe('the clause `older than`', () => {
  test.each([
    { line: 'semver:~1; older than 90s', text: '90s', millis: 90_000 },
    { line: 'semver:~1; older than 30m', text: '30m', millis: 1_800_000 },
    { line: 'semver:~1;older than 2h; pin', text: '2h', millis: 7_200_000 },
    { line: 'main-*; older  than  7d', text: '7d', millis: 604_800_000 },
    { line: 'keel:minor; older than 365d', text: '365d', millis: 31_536_000_000 },
  ])('$line', ({ line, text, millis }) => {
    const policy = parsePolicy(line);
    expect(policy.minAge).toEqual({ text, millis });
    expect(policy.from?.('1.0.0').minAge ?? policy.minAge).toEqual({ text, millis });
  });

  test('a line without it asks for no age', () => {
    expect(parsePolicy('semver:~1; pin').minAge).toBeUndefined();
  });

  test.each([
    { clause: 'older', found: '"older"' },
    { clause: 'older than', found: '"older than"' },
    { clause: 'older 2h', found: '"older 2h"' },
    { clause: 'older than 2', found: '"older than 2"' },
    { clause: 'older than 0h', found: '"older than 0h"' },
    { clause: 'older than -2h', found: '"older than -2h"' },
    { clause: 'older than 1.5h', found: '"older than 1.5h"' },
    { clause: 'older than 2w', found: '"older than 2w"' },
    { clause: 'older than 2h 30m', found: '"older than 2h 30m"' },
    { clause: 'older than 366d', found: '"older than 366d"' },
    { clause: 'older than 99999999d', found: '"older than 99999999d"' },
    { clause: 'older than 2026-11-24', found: '"older than 2026-11-24"' },
  ])('`$clause` is refused with the form', ({ clause, found }) => {
    const expected = 'older than and a duration of at most 365d, like 30m, 2h or 7d';
    expect(() => parsePolicy(`semver:~1; ${clause}`)).toThrow(`expected ${expected}, found ${found}`);
  });

  test('it stands there once', () => {
    expect(() => parsePolicy('semver:~1; older than 2h; older than 3h')).toThrow('expected older once, found it twice');
  });

  test('a word that is nearly it is told', () => {
    expect(() => parsePolicy('semver:~1; oldr than 2h')).toThrow('did you mean older?');
  });
});

test('it is no filter, least of all on when an image says it was built', () => {
  const policy = parsePolicy('newest-build; older than 365d');
  const candidates = [{ tag: 'a', created: '2026-11-01T00:00:00Z' }, { tag: 'b' }];
  expect(policy.accept(['a', 'b'])).toEqual(['a', 'b']);
  expect(choose({ policy, current: undefined, candidates })).toMatchObject({ action: 'update', to: { tag: 'a' } });
});
