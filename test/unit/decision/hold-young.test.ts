import { describe, expect, test } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { chooseAmongAll } from '../../../shared/decision/choose-among-all.ts';
import { decide } from '../../../shared/decision/decide.ts';
import { lookUpTag } from '../../../shared/decision/tag-lookup.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import { Witness } from '../../../shared/registry/witness.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 24, 12);
const iso = (time: number) => new Date(time).toISOString();
const LINE = 'semver:~1; older than 2h';

/** A registry whose tags are first seen at a time of their own; it has each from the start. */
function registryWith(tags: readonly string[]) {
  const time = { now: NOON };
  const witness = new Witness({
    host: 'registry.example.com',
    cache: memoryCache(() => time.now),
    now: () => time.now,
  });
  // What images say of themselves: long ago.
  const registry = memoryRegistry(Object.fromEntries(tags.map((tag) => [tag, '2020-01-01T00:00:00Z'])), witness);
  const lookUp = () => lookUpTag('registry.example.com', 'hello', () => registry);
  const see = async (tag: string, at: number) => {
    time.now = at;
    const { digest = '' } = await lookUp().facts(tag, { created: false });
    await lookUp().firstSeen({ tag, digest }, { minAgeMillis: 0 });
  };
  return { time, registry, lookUp, see };
}

function site(tag: string, line: string) {
  const [found] = scanFile('deploy.yml', deployment(`registry.example.com/hello:${tag}`, line)).sites;
  if (found === undefined) {
    throw new Error('expected a site');
  }
  return found;
}

describe('a pushed tag', () => {
  test('is held while its image is too young, whatever that says of itself, and goes then', async () => {
    const { time, lookUp } = registryWith(['1.0.0', '1.0.1']);
    const decided = async () => decide(site('1.0.0', LINE), '1.0.1', lookUp());
    expect(await decided()).toEqual({
      action: 'keep',
      because: 'held',
      reason: `1.0.1 is younger than 2h, first seen ${iso(NOON)}`,
      until: NOON + 2 * HOUR,
      to: expect.objectContaining({ tag: '1.0.1' }),
    });
    time.now = NOON + 2 * HOUR - 1;
    expect(await decided()).toMatchObject({ action: 'keep', because: 'held', until: NOON + 2 * HOUR });
    time.now = NOON + 2 * HOUR;
    expect(await decided()).toMatchObject({ action: 'update', to: { tag: '1.0.1', seenAt: iso(NOON) } });
  });

  test.each([
    { what: 'does not pass', tag: '2.0.0', because: 'no-match' },
    { what: 'is ranked below the current one', tag: '1.0.0', because: 'not-newer' },
    { what: 'stands there', tag: '1.0.1', because: 'already-current' },
  ])('that $what is told of as before, and its age is not asked', async ({ tag, because }) => {
    const { lookUp } = registryWith(['1.0.0', '1.0.1', '2.0.0']);
    const asking = { ...lookUp(), firstSeen: async () => Promise.reject(new Error('asked for the age')) };
    expect(await decide(site('1.0.1', LINE), tag, asking)).toMatchObject({ action: 'keep', because });
  });

  test('needs no age where the policy asks for none', async () => {
    const { lookUp } = registryWith(['1.0.0', '1.0.1']);
    const asking = { ...lookUp(), firstSeen: async () => Promise.reject(new Error('asked for the age')) };
    expect(await decide(site('1.0.0', 'semver:~1'), '1.0.1', asking)).toMatchObject({ action: 'update' });
  });
});

describe('among all tags the newest that is old enough goes', () => {
  const chosen = async ({ lookUp }: ReturnType<typeof registryWith>, current: string, line = LINE) =>
    chooseAmongAll({
      policy: parsePolicy(line),
      current: { tag: current },
      lookUp: lookUp(),
      isBlocked: () => false,
    });

  test('and the younger ones are counted', async () => {
    const stage = registryWith(['1.0.0', '1.0.1', '1.0.2', '1.0.3']);
    await stage.see('1.0.1', NOON);
    await stage.see('1.0.2', NOON + HOUR);
    stage.time.now = NOON + 2 * HOUR;
    expect(await chosen(stage, '1.0.0')).toEqual({
      action: 'update',
      to: { tag: '1.0.1', digest: expect.any(String), seenAt: iso(NOON) },
      reason: `1.0.1 is ranked above the current 1.0.0 by ${LINE} (4 tags seen, 4 match, 2 too young)`,
    });
  });

  test('none that the policy ranks below the current one does', async () => {
    const stage = registryWith(['1.0.0', '1.0.1', '1.0.2', '1.0.3']);
    await stage.see('1.0.0', NOON);
    await stage.see('1.0.2', NOON + 3 * HOUR);
    stage.time.now = NOON + 4 * HOUR;
    expect(await chosen(stage, '1.0.1')).toEqual({
      action: 'keep',
      because: 'held',
      reason: `1.0.2 is younger than 2h, first seen ${iso(NOON + 3 * HOUR)}, with 1 more`,
      until: NOON + 5 * HOUR,
      to: expect.objectContaining({ tag: '1.0.2' }),
    });
  });

  test('however many are younger', async () => {
    const young = Array.from({ length: 60 }, (_, at) => `1.1.${at}`);
    const stage = registryWith(['1.0.0', '1.0.1', ...young]);
    await stage.see('1.0.1', NOON);
    stage.time.now = NOON + 2 * HOUR;
    const choice = await chosen(stage, '1.0.0');
    expect(choice).toMatchObject({ action: 'update', to: { tag: '1.0.1' } });
    expect(choice.reason).toContain('60 too young');
  });

  test('but not behind a thousand younger ones, of which each costs requests', async () => {
    const young = Array.from({ length: 1200 }, (_, at) => `1.1.${at}`);
    const stage = registryWith(['1.0.0', '1.0.1', ...young]);
    await stage.see('1.0.1', NOON);
    stage.time.now = NOON + 2 * HOUR;
    const choice = await chosen(stage, '1.0.0');
    expect(choice).toMatchObject({ action: 'keep', because: 'held', until: NOON + 4 * HOUR });
    expect(stage.registry.asked.length).toBeLessThan(1020);
  });

  test('by when they were built too, where the policy ranks so', async () => {
    const stage = registryWith(['a', 'b', 'c']);
    await stage.see('b', NOON);
    stage.time.now = NOON + 2 * HOUR;
    // All were built at one time, so that the greater name is preferred.
    const choice = await chooseAmongAll({
      policy: parsePolicy('newest-build; older than 2h'),
      current: { tag: 'z', created: '2019-01-01T00:00:00Z' },
      lookUp: stage.lookUp(),
      isBlocked: () => false,
    });
    expect(choice).toMatchObject({ action: 'update', to: { tag: 'b' } });
  });
});
