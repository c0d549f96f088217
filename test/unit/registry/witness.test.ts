import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import type { Cache } from '../../../shared/cache/port.ts';
import { Witness } from '../../../shared/registry/witness.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 24, 12);
const digest = (digit: number) => `sha256:${`${digit}`.repeat(64)}`;
const VERSION = { tag: '1.0.0', digest: digest(1) };
const NEEDS = { minAgeMillis: 2 * HOUR };

/** A witness by a clock that a test sets; what the registry's own clock says of every image, where it has one. */
function witnessAt(start: number, pushedAt?: () => number | undefined, cache?: Cache) {
  const time = { now: start };
  const asked: string[] = [];
  const clock = {
    pushedAt: async (repository: string, version: typeof VERSION) => {
      asked.push(`${repository}@${version.digest}`);
      return pushedAt?.();
    },
  };
  const witness = new Witness({
    host: 'registry.example.com',
    cache: cache ?? memoryCache(() => time.now),
    clock: pushedAt === undefined ? undefined : clock,
    now: () => time.now,
  });
  return { time, asked, witness };
}

describe('an image is as old as Sluice has known its digest', () => {
  test('young when it is first seen, old once the time has passed', async () => {
    const { time, witness } = witnessAt(NOON);
    const seen = [];
    for (const passed of [0, 1, 2 * HOUR - 1, 2 * HOUR]) {
      time.now = NOON + passed;
      seen.push(await witness.firstSeen('hello', VERSION, NEEDS));
    }
    const young = { at: NOON, youngUntil: NOON + 2 * HOUR };
    expect(seen).toEqual([young, young, young, { at: NOON, youngUntil: undefined }]);
  });

  test.each([
    { what: 'another digest: its tag was moved', repository: 'hello', version: { tag: '1.0.0', digest: digest(2) } },
    { what: 'the same digest in another repository', repository: 'world', version: VERSION },
  ])('$what is young again', async ({ repository, version }) => {
    const { time, witness } = witnessAt(NOON);
    await witness.firstSeen('hello', VERSION, NEEDS);
    time.now += 3 * HOUR;
    expect(await witness.firstSeen(repository, version, NEEDS)).toMatchObject({ at: time.now });
  });

  test('the same digest by another tag is as old as it was', async () => {
    const { time, witness } = witnessAt(NOON);
    await witness.firstSeen('hello', VERSION, NEEDS);
    time.now += 3 * HOUR;
    expect(await witness.firstSeen('hello', { ...VERSION, tag: 'stable' }, NEEDS)).toMatchObject({ at: NOON });
  });

  test.each([
    { told: 'an hour ago', toldAt: NOON - HOUR, at: NOON - HOUR },
    { told: 'in an hour, by a clock that goes wrong', toldAt: NOON + HOUR, at: NOON },
    { told: 'in 1970, by a clock that was not set', toldAt: 60_000, at: NOON },
  ])('Sluice was told of it $told', async ({ toldAt, at }) => {
    const { witness } = witnessAt(NOON);
    expect(await witness.firstSeen('hello', VERSION, { ...NEEDS, toldAt })).toMatchObject({ at });
  });
});

describe("the registry's own clock", () => {
  test.each([
    { says: 'that it was pushed a day before', pushedAt: NOON - 24 * HOUR, at: NOON - 24 * HOUR },
    { says: 'nothing', pushedAt: undefined, at: NOON },
    { says: 'a time to come', pushedAt: NOON + 1, at: NOON },
    { says: 'the year 1, as Go writes no time', pushedAt: Date.parse('0001-01-01T00:00:00Z'), at: NOON },
    { says: 'the epoch', pushedAt: 0, at: NOON },
    { says: 'no number', pushedAt: Number.NaN, at: NOON },
  ])('says $says', async ({ pushedAt, at }) => {
    const { witness } = witnessAt(NOON, () => pushedAt);
    expect(await witness.firstSeen('hello', VERSION, NEEDS)).toMatchObject({ at });
  });

  test('makes no image younger than Sluice knows it to be', async () => {
    const { time, witness } = witnessAt(NOON, () => time.now);
    await witness.firstSeen('hello', VERSION, NEEDS);
    time.now += HOUR;
    expect(await witness.firstSeen('hello', VERSION, NEEDS)).toMatchObject({ at: NOON });
  });

  test('is read once, and not of what is old enough', async () => {
    const { asked, witness } = witnessAt(NOON, () => NOON - HOUR);
    await witness.firstSeen('hello', { ...VERSION, digest: digest(2) }, { ...NEEDS, toldAt: NOON - 2 * HOUR });
    await witness.firstSeen('hello', VERSION, NEEDS);
    await witness.firstSeen('hello', VERSION, NEEDS);
    expect(asked).toEqual([`hello@${VERSION.digest}`]);
  });

  test('is read again where it said nothing', async () => {
    const { asked, witness } = witnessAt(NOON, () => undefined);
    await witness.firstSeen('hello', VERSION, NEEDS);
    await witness.firstSeen('hello', VERSION, NEEDS);
    expect(asked).toHaveLength(2);
  });
});

describe('a cache that fails makes no image older', () => {
  const away: Cache = { get: async () => undefined, set: async () => {}, update: async () => {} };
  const holding = (value: unknown): Cache => ({ ...away, get: async () => value });

  test.each([
    { what: 'is out of reach', cache: away },
    { what: 'holds a text', cache: holding('old') },
    { what: 'holds no time', cache: holding({ at: 'old' }) },
    { what: 'holds the epoch', cache: holding({ at: 0 }) },
    { what: 'holds nothing', cache: holding(null) },
  ])('$what', async ({ cache }) => {
    const { witness } = witnessAt(NOON, undefined, cache);
    expect(await witness.firstSeen('hello', VERSION, NEEDS)).toEqual({ at: NOON, youngUntil: NOON + 2 * HOUR });
  });

  test('was lost: the clock starts anew', async () => {
    const caches = [memoryCache(() => NOON), memoryCache(() => NOON)];
    const before = witnessAt(NOON, undefined, caches[0]);
    await before.witness.firstSeen('hello', VERSION, NEEDS);
    const after = witnessAt(NOON + 3 * HOUR, undefined, caches[1]);
    expect(await after.witness.firstSeen('hello', VERSION, NEEDS)).toMatchObject({ at: NOON + 3 * HOUR });
  });
});

/** What happens to one digest: Sluice hears of it so late, or the registry's clock is read. Minutes since noon. */
const event = fc.record({
  at: fc.nat(300),
  toldMinutesBefore: fc.option(fc.nat(60), { nil: undefined }),
  clockMinutesBefore: fc.option(fc.nat(120), { nil: undefined }),
});

test('the earliest wins, whatever the order and however many look at once', async () => {
  const minutes = (count: number) => count * 60_000;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 8 }), fc.boolean(), async (events, atOnce) => {
      const cache = memoryCache(() => NOON);
      const see = async ({ at, toldMinutesBefore, clockMinutesBefore }: (typeof events)[number]) => {
        const now = NOON + minutes(at);
        const ago = (before: number | undefined) => (before === undefined ? undefined : now - minutes(before));
        const { witness } = witnessAt(now, () => ago(clockMinutesBefore), cache);
        // Never old enough, so that the clock is read until it has said something.
        return witness.firstSeen('hello', VERSION, { minAgeMillis: 1000 * HOUR, toldAt: ago(toldMinutesBefore) });
      };
      const sightings = atOnce ? await Promise.all(events.map(see)) : [];
      for (const one of atOnce ? [] : events) {
        sightings.push(await see(one));
      }
      // Nothing was there before the earliest that anybody could know, and what is known is never forgotten.
      const known = events.map(({ at, toldMinutesBefore = 0 }) => NOON + minutes(at - toldMinutesBefore));
      const confirmed = events.flatMap(({ at, clockMinutesBefore }) =>
        clockMinutesBefore === undefined ? [] : [NOON + minutes(at - clockMinutesBefore)],
      );
      const { at } = await see({ at: 300, toldMinutesBefore: undefined, clockMinutesBefore: undefined });
      expect(at).toBeLessThanOrEqual(Math.min(...known));
      expect([...known, ...confirmed]).toContain(at);
      expect(at).toBe(Math.min(...sightings.map((one) => one.at), ...known));
    }),
  );
});
