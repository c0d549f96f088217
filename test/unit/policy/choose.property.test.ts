import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ageOf } from '../../../shared/policy/age.ts';
import { choose } from '../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import type { Policy, TagFacts } from '../../../shared/policy/policy.ts';

const versions = ['1', '1.0', 'v1.0.0', '1.0.0+b', '1.0.1', '1.1.0-rc.1', '1.1.0', '2', '01.02.03', '10'];
const builds = ['2026.11.30-2', '2026.11.30-10', '-62', '73', '7.5', 'test-1.0.0', 'test-1.1.0', '1.0.1-rc.1'];
const names = ['master', 'main-1', 'main-2', 'tmp', 'latest', '3f2a9c1'];
const times = ['1970-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'];
const tag = fc.constantFrom(...versions, ...builds, ...names);
const time = fc.constantFrom(...times);
const digest = fc.constantFrom(`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`);
const facts: fc.Arbitrary<TagFacts> = fc.record(
  { tag, digest, created: time, pushedAt: time },
  { requiredKeys: ['tag', 'digest'] },
);
const candidates = fc.uniqueArray(facts, { selector: (one) => one.tag, maxLength: 10 });
const current = fc.option(fc.record({ tag, digest, created: time }, { requiredKeys: ['tag'] }), { nil: undefined });
const policy = fc
  .constantFrom(
    'semver:*',
    'semver:~1.0',
    'semver:>=1.0.0-0',
    'glob:*',
    'glob:main-*',
    'regexp:^((?!tmp).)*$',
    'latest',
    'semver:>=1; strict; prereleases',
    'semver:>=0.x; filter ^test-(.*)$; extract $1',
    'alphabetical:asc',
    'alphabetical:desc; ignore ma*, latest',
    'numerical:asc',
    'numerical:desc; allow [0-9]',
    'calver:YYYY.MM.DD-n',
    'newest-build; filter ^m',
    'newest-build; exclude ^m',
    'newest-build; allow ^m',
    'newest-build; ignore m*',
    'digest',
    'tag:main',
    'tag:main; pin',
    'keel:all',
    'keel:patch',
    'keel:minor; any-prerelease',
    'keel:force',
  )
  .map(parsePolicy);

test('one look at a list finds what is accepted, with the rank that each has by itself', () => {
  fc.assert(
    fc.property(policy, current, candidates, (given, standing, all) => {
      const asked = given.from?.(standing?.tag) ?? given;
      const visited: unknown[] = [];
      asked.match(all, (one, rank) => visited.push({ one, rank }));
      const accepted = new Set(asked.accept(all.map((one) => one.tag)));
      expect(visited).toEqual(
        all.filter((one) => accepted.has(one.tag)).map((one) => ({ one, rank: asked.rank(one) })),
      );
    }),
  );
});

describe('a choice', () => {
  test('does not depend on the order of the candidates', () => {
    const shuffled = candidates.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(policy, current, shuffled, (by, standing, [one, other]) => {
        expect(choose({ policy: by, current: standing, candidates: one })).toEqual(
          choose({ policy: by, current: standing, candidates: other }),
        );
      }),
    );
  });

  test('is one of the accepted candidates', () => {
    fc.assert(
      fc.property(policy, current, candidates, (by, standing, all) => {
        const choice = choose({ policy: by, current: standing, candidates: all });
        const here = by.from?.(standing?.tag) ?? by;
        expect(choice.action === 'keep' || here.accept(all.map((one) => one.tag)).includes(choice.to.tag)).toBe(true);
      }),
    );
  });

  test('never downgrades', () => {
    fc.assert(
      fc.property(policy, current, candidates, (by, standing, all) => {
        const choice = choose({ policy: by, current: standing, candidates: all });
        fc.pre(choice.action === 'update' && standing !== undefined && isRankable(by, standing));
        const ranked = by.compare(choice.to, standing);
        expect(choice.to.tag === standing.tag ? ranked >= 0 : ranked > 0).toBe(true);
      }),
    );
  });

  test('leaves nothing better behind', () => {
    fc.assert(
      fc.property(policy, current, candidates, (by, standing, all) => {
        const choice = choose({ policy: by, current: standing, candidates: all });
        fc.pre(choice.action === 'update');
        const accepted = (by.from?.(standing?.tag) ?? by).accept(all.map((one) => one.tag));
        const rankable = all.filter((one) => accepted.includes(one.tag) && isRankable(by, one));
        expect(rankable.filter((one) => by.compare(one, choice.to) > 0)).toEqual([]);
      }),
    );
  });

  test('does not change by a tag that is not accepted', () => {
    fc.assert(
      fc.property(policy, current, candidates, (by, standing, all) => {
        const here = by.from?.(standing?.tag) ?? by;
        const accepted = new Set(here.accept(all.map((one) => one.tag)));
        const withAll = choose({ policy: by, current: standing, candidates: all });
        const without = choose({
          policy: by,
          current: standing,
          candidates: all.filter(({ tag: one }) => accepted.has(one)),
        });
        // The reasons count what was seen.
        expect({ ...withAll, reason: '' }).toEqual({ ...without, reason: '' });
      }),
    );
  });

  test('leaves what it was given as it is', () => {
    fc.assert(
      fc.property(policy, current, candidates, (by, standing, all) => {
        const before = JSON.stringify([standing, all]);
        choose({ policy: by, current: Object.freeze(standing), candidates: Object.freeze(all) });
        expect(JSON.stringify([standing, all])).toBe(before);
      }),
    );
  });

  test('stands once it is made', () => {
    fc.assert(
      fc.property(policy, current, candidates, (by, standing, all) => {
        const choice = choose({ policy: by, current: standing, candidates: all });
        fc.pre(choice.action === 'update');
        const { digest: to, ...unpinned } = choice.to;
        const now = standing?.digest === undefined && !by.pins ? unpinned : { ...unpinned, digest: to };
        expect(choose({ policy: by, current: now, candidates: all })).toMatchObject({
          action: 'keep',
          because: 'already-current',
        });
      }),
    );
  });
});

function isRankable(by: Policy, one: TagFacts): boolean {
  return by.ranks(one.tag) && (!by.needsCreated || ageOf(one) !== undefined);
}
