import { describe, expect, test } from 'vitest';
import { choose } from '../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import type { StandingTag } from '../../../shared/policy/policy.ts';

function chosen(text: string, current: string | undefined, tags: readonly string[]): string | undefined {
  const standing = current === undefined ? undefined : { tag: current };
  const candidates = tags.map((tag) => ({ tag }));
  const choice = choose({ policy: parsePolicy(text), current: standing, candidates });
  return choice.action === 'update' ? choice.to.tag : undefined;
}

describe('versions counted from the current one', () => {
  const tags = ['1.4.6', '1.5.0', '2.0.0', '1.4.7-rc1', '3.0.0-rc1', '1.4.4', '9', 'latest'];

  test.each([
    { text: 'keel:patch', current: '1.4.5', to: '1.4.6' },
    { text: 'keel:minor', current: '1.4.5', to: '1.5.0' },
    { text: 'keel:major', current: '1.4.5', to: '2.0.0' },
    { text: 'keel:all', current: '1.4.5', to: '3.0.0-rc1' },
    { text: 'keel:patch; any-prerelease', current: '1.4.5', to: '1.4.7-rc1' },
    { text: 'keel:patch', current: '2.1.0', to: undefined },
    { text: 'keel:minor', current: '1.9.0', to: undefined },
    { text: 'keel:all', current: '5', to: undefined },
    { text: 'keel:minor', current: 'v1', to: '1.5.0' },
    { text: 'keel:minor', current: 'latest', to: '2.0.0' },
    { text: 'keel:minor', current: undefined, to: '2.0.0' },
  ])('$text from $current', ({ text, current, to }) => {
    expect(chosen(text, current, tags)).toBe(to);
  });

  test.each([
    { name: 'metadata behind a hyphen is a prerelease', current: 'v1.0.0', tags: ['v1.0.1-metadata'], to: undefined },
    { name: 'the same prerelease', current: '1.4.5-xx', tags: ['1.4.6-xx'], to: '1.4.6-xx' },
    { name: 'another prerelease', current: '1.4.5-xx', tags: ['1.4.6-yy', '1.4.6'], to: undefined },
    {
      name: 'a flavour stays',
      current: '1.4.5-alpine',
      tags: ['1.5.0', '1.4.9-alpine', '1.6.0-slim'],
      to: '1.4.9-alpine',
    },
  ])('keel:minor: $name', ({ current, tags: of, to }) => {
    expect(chosen('keel:minor', current, of)).toBe(to);
  });

  test('says why a tag does not pass', () => {
    const policy = parsePolicy('keel:minor').from?.('1.4.5');
    expect(policy?.refusal('1.4.6-rc1').reason).toBe(
      'tag 1.4.6-rc1 does not pass keel:minor (its prerelease is another than that of the current version)',
    );
    expect(policy?.refusal('main').reason).toBe(
      'tag main does not pass keel:minor (it is no version of two or three numbers)',
    );
    expect(policy?.refusal('2.0.0').reason).toBe('tag 2.0.0 does not pass keel:minor');
  });

  test('counts from what a filter takes out of the current tag', () => {
    const text = 'keel:patch; filter ^web-(.*)$; extract $1';
    expect(chosen(text, 'web-1.0.0', ['web-1.0.1', 'web-1.1.0', 'api-1.0.9'])).toBe('web-1.0.1');
  });
});

describe('any tag', () => {
  const built = (tag: string, day: number): StandingTag => ({ tag, created: `2026-01-0${day}T00:00:00Z` });
  const candidates = [built('b-1', 3), built('a-1', 2), built('latest', 1), built('a-0', 1)];

  test.each([
    { text: 'keel:force', to: 'b-1' },
    { text: 'keel:glob:a-*', to: 'a-1' },
    { text: 'keel:regexp:^a', to: 'a-1' },
    { text: 'keel:regexp:^latest$', to: 'latest' },
  ])('$text', ({ text, to }) => {
    expect(choose({ policy: parsePolicy(text), current: undefined, candidates })).toMatchObject({ to: { tag: to } });
  });
});

test.each(['keel:', 'keel:mayor', 'keel:semver:~1', 'keel:glob:~1', 'keel:minor; strict'])('%s is refused', (text) => {
  expect(() => parsePolicy(text)).toThrow('expected');
});

describe.each(['digest', 'keel:force; same-tag'])('%s follows the tag that stands there', (text) => {
  const policy = parsePolicy(text);
  const [one, other] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
  const candidates = [
    { tag: 'stable', digest: other },
    { tag: 'stable-2', digest: one },
  ];

  test('to another digest', () => {
    expect(choose({ policy, current: { tag: 'stable', digest: one }, candidates })).toEqual({
      action: 'update',
      to: candidates[0],
      reason: 'stable points to another digest now',
    });
  });

  test('and gives it a digest where it has none', () => {
    expect(choose({ policy, current: { tag: 'stable' }, candidates })).toEqual({
      action: 'update',
      to: candidates[0],
      reason: `stable is to stand there with its digest, by ${text}`,
    });
  });

  test('and to no other tag', () => {
    expect(choose({ policy, current: { tag: 'main' }, candidates })).toMatchObject({
      action: 'keep',
      because: 'no-match',
    });
    expect(choose({ policy, current: undefined, candidates })).toMatchObject({ action: 'keep', because: 'no-match' });
  });
});

test('pin asks any policy for digests', () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const policy = parsePolicy('semver:~1; pin');
  expect(choose({ policy, current: { tag: '1.0.0' }, candidates: [{ tag: '1.0.0', digest }] })).toMatchObject({
    action: 'update',
    to: { tag: '1.0.0', digest },
  });
});
