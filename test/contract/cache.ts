import { beforeEach, describe, expect, test } from 'vitest';
import type { Cache } from '../../shared/cache/port.ts';
import { Witness } from '../../shared/registry/witness.ts';

const VERSION = { tag: '1.0.0', digest: `sha256:${'1'.repeat(64)}` };

/** What every cache does, whatever keeps it. */
export function describeCache(name: string, open: (now: () => number) => Cache) {
  describe(`cache ${name}`, () => {
    let time = Date.UTC(2026, 10, 24);
    let cache: Cache;
    beforeEach(() => {
      cache = open(() => time);
    });

    test.each([
      { value: 'text' },
      { value: '' },
      { value: 0 },
      { value: false },
      { value: null },
      { value: ['a', { b: [1.5, 'ü'] }] },
      { value: { digest: 'sha256:00', at: 1 } },
    ])('gives back $value', async ({ value }) => {
      await cache.set('key', value, 60);
      expect(await cache.get('key')).toEqual(value);
    });

    test('has nothing for a key that was never set', async () => {
      expect(await cache.get('never')).toBeUndefined();
    });

    test('keeps keys apart that differ in case or spaces', async () => {
      await cache.set('a', 1, 60);
      await cache.set('A', 2, 60);
      await cache.set('a ', 3, 60);
      expect([await cache.get('a'), await cache.get('A'), await cache.get('a ')]).toEqual([1, 2, 3]);
    });

    test.each([
      { age: 59_999, kept: true },
      { age: 60_000, kept: false },
      { age: 600_000, kept: false },
    ])('after $age ms of 60 seconds: kept $kept', async ({ age, kept }) => {
      await cache.set('key', 'value', 60);
      time += age;
      expect(await cache.get('key')).toBe(kept ? 'value' : undefined);
    });

    test('set again: the new value, for the new time', async () => {
      await cache.set('key', 'old', 10);
      await cache.set('key', 'new', 60);
      time += 30_000;
      expect(await cache.get('key')).toBe('new');
      await cache.set('key', 'last', 1);
      time += 1000;
      expect(await cache.get('key')).toBeUndefined();
    });

    test('kept for no time: not kept', async () => {
      await cache.set('key', 'value', 0);
      expect(await cache.get('key')).toBeUndefined();
    });

    test('an update makes the new value of the one that is there, for the new time', async () => {
      const add = (field: string) => (before: unknown) => ({ ...(before as object | undefined), [field]: true });
      await cache.update('key', add('a'), 10);
      time += 5000;
      await cache.update('key', add('b'), 60);
      time += 30_000;
      expect(await cache.get('key')).toEqual({ a: true, b: true });
      time += 60_000;
      await cache.update('key', add('c'), 60);
      expect(await cache.get('key')).toEqual({ c: true });
    });

    test('of updates at once none is lost', async () => {
      const items = ['a', 'b', 'c', 'd'];
      const add = (one: string) => (before: unknown) => [...((before as string[] | undefined) ?? []), one];
      await Promise.all(items.map(async (one) => cache.update('items', add(one), 60)));
      expect(((await cache.get('items')) as string[]).toSorted()).toEqual(items);
    });

    test('of sightings of one image at once, in any order, the earliest stays', async () => {
      const witness = new Witness({ host: 'registry.example.com', cache, now: () => time });
      const seenAt = async (minutesAgo: number) =>
        (await witness.firstSeen('hello', VERSION, { minAgeMillis: 0, toldAt: time - minutesAgo * 60_000 })).at;
      await Promise.all([3, 7, 1, 5].map(seenAt));
      expect(await seenAt(0)).toBe(time - 7 * 60_000);
    });

    test('a value that is changed after it was set or got stays as it was set', async () => {
      const value = { tags: ['1.0'] };
      await cache.set('key', value, 60);
      value.tags.push('2.0');
      const got = await cache.get('key');
      expect(got).toEqual({ tags: ['1.0'] });
      Object.assign(got ?? {}, { tags: [] });
      expect(await cache.get('key')).toEqual({ tags: ['1.0'] });
    });
  });
}
