import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InventoryEntry } from '../../../../infra/agent/inventory/entry.ts';
import { layOut, linesOf } from '../../../../infra/agent/inventory/shards.ts';

const entry = (name: string, digest?: string): InventoryEntry => ({
  id: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name },
  ...(digest !== undefined && { applied: { manifest: digest, fields: digest } }),
});
const long = (index: number) => entry(`${'n'.repeat(200)}-${index}`, 'd'.repeat(16));
const namesIn = (texts: readonly string[]) => texts.map((text) => linesOf([text]).map(({ id }) => id.name));

test('an entry is a line, and objects of the whole cluster have no namespace', () => {
  const cluster: InventoryEntry = { id: { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'shop' } };
  const texts = layOut([], [entry('b', 'd'), cluster, entry('a')]);
  expect(texts).toEqual(['v1 ConfigMap shop a\nv1 ConfigMap shop b d d\nv1 Namespace - shop']);
  expect(linesOf(texts)).toEqual([entry('a'), entry('b', 'd'), cluster]);
});

test('no text grows past what a ConfigMap takes, and what stands in one stays in it', () => {
  const all = Array.from({ length: 6000 }, (_, index) => long(index));
  const texts = layOut([], all.slice(0, 5000));
  expect(texts.length).toBeGreaterThan(1);
  const later = layOut(texts, all.slice(1000));
  for (const text of [...texts, ...later]) {
    expect(text.length).toBeLessThan(512 * 1024);
  }
  expect(linesOf(later)).toHaveLength(5000);
  const before = namesIn(texts);
  for (const [index, names] of namesIn(later).entries()) {
    const elsewhere = before.flatMap((ofText, at) => (at === index ? [] : ofText));
    expect(new Set(names).intersection(new Set(elsewhere)).size).toBe(0);
  }
});

test('whichever of the texts were written, each object that was in both is in them', () => {
  const sets = fc.uniqueArray(fc.integer({ min: 0, max: 3000 }), { minLength: 1000, maxLength: 2500 });
  fc.assert(
    fc.property(sets, sets, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (one, other, isWritten) => {
      const before = layOut([], one.map(long));
      const after = layOut(before, other.map(long));
      const mixed = after.map((text, index) => (isWritten[index] === true ? text : (before[index] ?? '')));
      const found = new Set(linesOf(mixed).map(({ id }) => id.name));
      for (const index of new Set(one).intersection(new Set(other))) {
        expect(found.has(long(index).id.name)).toBe(true);
      }
    }),
    { numRuns: 10 },
  );
});

test('of an object that stands in two texts nothing is taken for granted', () => {
  expect(linesOf(['v1 ConfigMap shop a d d', 'v1 ConfigMap shop a d d'])).toEqual([entry('a')]);
});
