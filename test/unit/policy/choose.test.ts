import { describe, expect, test } from 'vitest';
import { choose } from '../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import type { StandingTag, TagFacts } from '../../../shared/policy/policy.ts';

const [d1, d2] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];

function tags(...names: readonly string[]): readonly TagFacts[] {
  return names.map((tag) => ({ tag }));
}

/** `tag` built on a day of January 2026; further facts after it. */
function built(tag: string, day: number, more: Partial<StandingTag> = {}): StandingTag {
  return { tag, created: `2026-01-0${day}T00:00:00Z`, ...more };
}

describe('the best version', () => {
  test.each([
    { policy: 'semver:1.0.x', of: ['1.0.0', '1.0.0.1', '1.0.0p', '1.0.1', '1.2.0', '0.1.0'], best: '1.0.1' },
    { policy: 'semver:^1.x-0', of: ['1.0.0', '1.1.0-rc.1', '1.2.0-beta.1'], best: '1.2.0-beta.1' },
    { policy: 'semver:>=1.0.0-0', of: ['1.0.0', '1.1.0-alpha', '0.9.0'], best: '1.1.0-alpha' },
    { policy: 'semver:~1.2.3-0', of: ['1.2.3-rc.1', '1.2.9-rc.1', '1.2.4'], best: '1.2.9-rc.1' },
    { policy: 'semver:~1.0', of: ['0.1', '0.5.1', '0.9', '1.0', '1.0.1', '1.1.2', '2.0.3'], best: '1.0.1' },
    { policy: 'semver:*', of: ['v2.2.0', 'v2.3.0-rc.0.18.g1abb7b5dd-ppc64le'], best: 'v2.2.0' },
    { policy: 'semver:>11', of: ['11.1.0', '11.9.9', '12.0.0'], best: '12.0.0' },
    { policy: 'semver:*', of: ['3', 'v1', '1.10', '1.2.30', '1.10.0'], best: '3' },
    { policy: 'semver:<3', of: ['3', 'v1', '1.10', '1.2.30', '1.10.0'], best: '1.10.0' },
    { policy: 'semver:*', of: ['1.0.0+b', '1.0.0+a', '1.0.0'], best: '1.0.0+b' },
  ])('for $policy of $of is $best', ({ policy, of, best }) => {
    const choice = choose({ policy: parsePolicy(policy), current: undefined, candidates: tags(...of) });
    expect(choice).toMatchObject({ action: 'update', to: { tag: best } });
  });

  test('in order, as the field ranks them', () => {
    const left = new Set(['3', 'v1', '1.10', '1.2.30', '1.10.0']);
    const order: string[] = [];
    while (left.size > 0) {
      const choice = choose({ policy: parsePolicy('semver:*'), current: undefined, candidates: tags(...left) });
      const tag = choice.action === 'update' ? choice.to.tag : '';
      order.push(tag);
      left.delete(tag);
    }
    expect(order).toEqual(['3', '1.10.0', '1.10', '1.2.30', 'v1']);
  });
});

describe('updates', () => {
  test.each([
    {
      name: 'to a newer version',
      policy: 'semver:~1.0',
      current: { tag: '1.0.0' },
      candidates: tags('1.0.1'),
      to: '1.0.1',
      reason: '1.0.1 is ranked above the current 1.0.0 by semver:~1.0',
    },
    {
      name: 'of many, with the counts',
      policy: 'semver:~1.0',
      current: { tag: '1.0.0' },
      candidates: tags('1.0.1', '1.0.0', '2.0.0', 'master'),
      to: '1.0.1',
      reason: '1.0.1 is ranked above the current 1.0.0 by semver:~1.0 (4 tags seen, 2 match)',
    },
    {
      name: 'a tag that is no version, whatever it is',
      policy: 'semver:~1.0',
      current: { tag: 'master' },
      candidates: tags('1.0.0'),
      to: '1.0.0',
      reason: '1.0.0 is the best match for semver:~1.0, and the current master cannot be ranked by it',
    },
    {
      name: 'latest, which no other filter ranks',
      policy: 'glob:*',
      current: built('latest', 9),
      candidates: [built('a', 1)],
      to: 'a',
      reason: 'a is the best match for glob:*, and the current latest cannot be ranked by it',
    },
    {
      name: 'an image without a tag',
      policy: 'semver:~1.0',
      current: undefined,
      candidates: tags('1.0.0'),
      to: '1.0.0',
      reason: '1.0.0 is the best match for semver:~1.0, and the registry has no image for what stands there',
    },
    {
      name: 'to the youngest by time, and never to tmp',
      policy: 'regexp:^((?!tmp).)*$',
      current: built('0000000', 1),
      candidates: [built('tmp', 4), built('3f2a9c1', 3), built('master', 2), { tag: 'old' }],
      to: '3f2a9c1',
      reason:
        '3f2a9c1 is ranked above the current 0000000 by regexp:^((?!tmp).)*$ (of 2026-01-03T00:00:00.000Z, ' +
        'the current one of 2026-01-01T00:00:00.000Z, 4 tags seen, 3 match, 1 of unknown age)',
    },
    {
      name: 'a version of the same tag where the site pins its digest',
      policy: 'semver:~1.0',
      current: { tag: '1.0.1', digest: d1 },
      candidates: [{ tag: '1.0.1', digest: d2 }],
      to: '1.0.1',
      reason: '1.0.1 points to another digest now',
    },
    {
      name: 'the digest of the current tag, though another tag is as good',
      policy: 'semver:*',
      current: { tag: '1.10', digest: d1 },
      candidates: [
        { tag: '1.10.0', digest: d2 },
        { tag: '1.10', digest: d2 },
      ],
      to: '1.10',
      reason: '1.10 points to another digest now',
    },
    {
      name: 'the digest of an image whose age is not known',
      policy: 'glob:*',
      current: { tag: 'master', digest: d1 },
      candidates: [built('master', 1, { digest: d2 })],
      to: 'master',
      reason: 'master points to another digest now',
    },
    {
      name: 'latest to its own name, where another tag points to the same image',
      policy: 'glob:*',
      current: built('latest', 2, { pointsTo: d1 }),
      candidates: [built('3f2a9c1', 2, { digest: d1 }), built('0000000', 1, { digest: d2 })],
      to: '3f2a9c1',
      reason: '3f2a9c1 passes glob:* and names the image that the current latest points to (2 tags seen, 2 match)',
    },
    {
      name: 'a digest without a tag, where what was pushed was built later',
      policy: 'glob:*',
      current: built(d1, 1, { digest: d1, pointsTo: d1 }),
      candidates: [built('b', 2, { digest: d2 })],
      to: 'b',
      reason: `b is ranked above the current ${d1} by glob:* (of 2026-01-02T00:00:00.000Z, the current one of 2026-01-01T00:00:00.000Z)`,
    },
  ])('$name', ({ policy, current, candidates, to, reason }) => {
    const choice = choose({ policy: parsePolicy(policy), current, candidates });
    const expected = candidates.find(({ tag }) => tag === to);
    expect(choice).toEqual({ action: 'update', to: expected, reason });
  });
});

describe('keeps', () => {
  test.each([
    {
      name: 'a newer version',
      policy: 'semver:~1.0',
      current: { tag: '1.0.1' },
      candidates: tags('1.0.0'),
      because: 'not-newer',
      reason: '1.0.0 is ranked at or below the current 1.0.1 by semver:~1.0',
    },
    {
      name: 'a version above the range',
      policy: 'semver:~1.0',
      current: { tag: '2.0.0' },
      candidates: tags('1.0.5', '1.0.6'),
      because: 'not-newer',
      reason: '1.0.6 is ranked at or below the current 2.0.0 by semver:~1.0 (2 tags seen, 2 match)',
    },
    {
      name: 'an equal version',
      policy: 'semver:*',
      current: { tag: '1.10' },
      candidates: tags('1.10.0'),
      because: 'not-newer',
      reason: '1.10.0 is ranked at or below the current 1.10 by semver:*',
    },
    {
      name: 'a younger image',
      policy: 'glob:*',
      current: built('a', 2),
      candidates: [built('b', 1)],
      because: 'not-newer',
      reason:
        'b is ranked at or below the current a by glob:* (of 2026-01-01T00:00:00.000Z, the current one of 2026-01-02T00:00:00.000Z)',
    },
    {
      name: 'an image of the same age',
      policy: 'glob:*',
      current: built('a', 1),
      candidates: [built('b', 1), built('a', 1)],
      because: 'already-current',
      reason: 'a stands there already and is the best match for glob:* (2 tags seen, 2 match)',
    },
    {
      name: 'a pinned image where its tag points to an older one',
      policy: 'glob:*',
      current: built('master', 2, { digest: d2 }),
      candidates: [built('master', 1, { digest: d1 })],
      because: 'not-newer',
      reason:
        'master points to an image now that glob:* ranks below the current one (of 2026-01-01T00:00:00.000Z, ' +
        'the current one of 2026-01-02T00:00:00.000Z)',
    },
    {
      name: 'the tag that was pushed',
      policy: 'semver:~1.0',
      current: { tag: '1.0.1' },
      candidates: [{ tag: '1.0.1', digest: d2 }],
      because: 'already-current',
      reason: '1.0.1 stands there already for semver:~1.0',
    },
    {
      name: 'the pinned tag that was pushed again unchanged',
      policy: 'semver:~1.0',
      current: { tag: '1.0.1', digest: d2 },
      candidates: [{ tag: '1.0.1', digest: d2 }],
      because: 'already-current',
      reason: '1.0.1 stands there already for semver:~1.0',
    },
    {
      name: 'all where the tag does not pass',
      policy: 'regexp:^((?!tmp).)*$',
      current: { tag: 'master' },
      candidates: tags('tmp'),
      because: 'no-match',
      reason: 'tag tmp does not pass regexp:^((?!tmp).)*$',
    },
    {
      name: 'all where no tag is a version',
      policy: 'semver:1.0.x',
      current: { tag: '1.0.0' },
      candidates: tags('b1.2.3', 'b1.0.0', 'b0.1.0', '3.0.0'),
      because: 'no-match',
      reason: 'no tag matches semver:1.0.x (4 tags seen, 3 of them not in its scheme)',
    },
    {
      name: 'all where there are no tags',
      policy: 'glob:*',
      current: { tag: 'a' },
      candidates: [],
      because: 'no-match',
      reason: 'no tag matches glob:* (0 tags seen)',
    },
    {
      name: 'an image of unknown age, since what was pushed may be older',
      policy: 'glob:*',
      current: { tag: 'a' },
      candidates: [built('b', 1)],
      because: 'unknown-age',
      reason:
        'b passes glob:*, but the current a does not say when it was built, so that it might be the newer one: ' +
        'set b by hand once',
    },
    {
      name: 'an image that left the registry, since what was pushed may be older',
      policy: 'glob:*',
      current: { tag: 'a', unknown: 'gone' as const },
      candidates: [built('b', 1)],
      because: 'unknown-age',
      reason:
        'b passes glob:*, but the current a is not in the registry, so that it might be the newer one: ' +
        'set b by hand once',
    },
    {
      name: 'all where the tag has no time',
      policy: 'glob:*',
      current: built('a', 1),
      candidates: [{ tag: 'b', created: '0001-01-01T00:00:00Z' }],
      because: 'unknown-age',
      reason:
        'tag b passes glob:*, but its image does not say when built: ' +
        'give it the label org.opencontainers.image.created, or rank it by semver',
    },
    {
      name: 'all where no tag has a time',
      policy: 'glob:*',
      current: built('a', 1),
      candidates: tags('b', 'c', 'latest'),
      because: 'unknown-age',
      reason:
        '2 tags pass glob:*, but their images do not say when built (3 tags seen): ' +
        'give it the label org.opencontainers.image.created, or rank it by semver',
    },
    {
      name: 'latest, where all were built before what it points to',
      policy: 'glob:*',
      current: built('latest', 9, { pointsTo: d2 }),
      candidates: [built('a', 1, { digest: d1 })],
      because: 'not-newer',
      reason:
        'a is ranked at or below the current latest by glob:* (of 2026-01-01T00:00:00.000Z, ' +
        'the current one of 2026-01-09T00:00:00.000Z)',
    },
    {
      name: 'a digest without a tag, where what was pushed was built before',
      policy: 'glob:*',
      current: built(d2, 2, { digest: d2, pointsTo: d2 }),
      candidates: [built('a', 1, { digest: d1 })],
      because: 'not-newer',
      reason: `a is ranked at or below the current ${d2} by glob:* (of 2026-01-01T00:00:00.000Z, the current one of 2026-01-02T00:00:00.000Z)`,
    },
    {
      name: 'a digest without a tag whose age is not known',
      policy: 'glob:*',
      current: { tag: d2, digest: d2, pointsTo: d2 },
      candidates: [built('a', 1, { digest: d1 })],
      because: 'unknown-age',
      reason:
        `a passes glob:*, but the current ${d2} does not say when it was built, so that it might be the newer one: ` +
        'set a by hand once',
    },
  ])('$name', ({ policy, current, candidates, because, reason }) => {
    expect(choose({ policy: parsePolicy(policy), current, candidates })).toEqual({ action: 'keep', because, reason });
  });
});

test('names what is left out in one order, whatever the order of the tags', () => {
  const reasonOf = (...names: readonly string[]) =>
    choose({ policy: parsePolicy('glob:*'), current: undefined, candidates: tags(...names) }).reason;
  expect(reasonOf('latest', 'LATEST')).toBe('no tag matches glob:* (2 tags seen, latest, LATEST left out by its name)');
  expect(reasonOf('LATEST', 'latest')).toBe(reasonOf('latest', 'LATEST'));
});
