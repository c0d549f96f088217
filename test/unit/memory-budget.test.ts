import { expect, test } from 'vitest';
import { MemoryBudget } from '../../shared/memory-budget.ts';

/** Holders that hold 10 bytes each, used in the order of this text; capitals hold 1,000. */
function held(uses: string): { readonly kept: string; readonly bytes: number } {
  const budget = new MemoryBudget(30);
  const kept = new Set<string>();
  const holders = new Map(Array.from(uses, (name) => [name, { release: () => void kept.delete(name) }] as const));
  for (const name of uses) {
    kept.add(name);
    budget.use(holders.get(name) ?? { release: () => {} }, name < 'a' ? 1000 : 10);
  }
  return { kept: [...kept].toSorted().join(''), bytes: budget.bytes };
}

test.each([
  { what: 'nothing', uses: '', kept: '', bytes: 0 },
  { what: 'all that fits', uses: 'abc', kept: 'abc', bytes: 30 },
  { what: 'those used last', uses: 'abcd', kept: 'bcd', bytes: 30 },
  { what: 'one that was used again', uses: 'abcad', kept: 'acd', bytes: 30 },
  { what: 'one once, however often it is used', uses: 'aaaaab', kept: 'ab', bytes: 20 },
  { what: 'the last, though it holds too much by itself', uses: 'abcX', kept: 'X', bytes: 1000 },
  { what: 'nothing of what held too much, once another is used', uses: 'Xa', kept: 'a', bytes: 10 },
])('keeps $what', ({ uses, kept, bytes }) => {
  expect(held(uses)).toEqual({ kept, bytes });
});

test('counts what one holds by now', () => {
  const budget = new MemoryBudget(30);
  const one = { release: () => {} };
  budget.use(one, 20);
  budget.use(one, 25);
  expect(budget.bytes).toBe(25);
});
