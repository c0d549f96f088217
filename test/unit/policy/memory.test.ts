import { describe, expect, test } from 'vitest';
import { patternMemory } from '../../../shared/policy/linear-pattern.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import type { Policy } from '../../../shared/policy/policy.ts';
import { heldBytes } from '../../fakes/held-bytes.ts';

const MEBIBYTE = 1024 * 1024;
const BUDGET = 32 * MEBIBYTE;

/** So many letters of a and b, others for each number. */
function lettersOf(number: number, count: number): string {
  let [letters, state] = ['', number];
  while (letters.length < count) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    letters += state >= 2 ** 31 ? 'a' : 'b';
  }
  return letters;
}

describe('what policies hold together stays within a budget, and what they say stays the same', () => {
  test('of patterns whose engine remembers megabytes of states each', { timeout: 60_000 }, () => {
    const tags = Array.from({ length: 50 }, (_, index) => lettersOf(index * 7919 + 1, 120));
    const before = heldBytes();
    const said: [Policy, readonly string[]][] = [];
    for (let steps = 60; steps < 80; steps += 1) {
      const policy = parsePolicy(`regexp:(?i)^[ab]*a[ab]{${steps}}$`);
      said.push([policy, policy.accept(tags)]);
      expect(patternMemory.bytes).toBeLessThanOrEqual(BUDGET);
    }
    // The count is of what is there: together they would have taken 57 MB.
    expect(heldBytes() - before).toBeLessThan(1.25 * BUDGET);
    for (const [policy, accepted] of said) {
      expect(policy.accept(tags.slice(0, 5))).toEqual(accepted.filter((tag) => tags.indexOf(tag) < 5));
    }
    expect(new Set(said.map(([, { length }]) => length)).size).toBeGreaterThan(1);
    expect(patternMemory.bytes).toBeLessThanOrEqual(BUDGET);
  });

  test('of patterns of many steps, and of globs', () => {
    const filters = (at: number) => [`regexp:(a?){${400 + at}}b`, `glob:${'a*'.repeat(100)}${at}`];
    const policies = Array.from({ length: 40 }, (_, at) => filters(at).map(parsePolicy)).flat();
    expect(patternMemory.bytes).toBeLessThanOrEqual(BUDGET);
    expect(patternMemory.bytes).toBeGreaterThan(BUDGET / 2);
    // The first ones had to make room.
    expect(policies.slice(0, 2).map((policy) => policy.accept(['aab', `${'ab'.repeat(100)}0`]))).toEqual([
      ['aab', `${'ab'.repeat(100)}0`],
      [`${'ab'.repeat(100)}0`],
    ]);
  });

  test('of verdicts of the engine that may take all of its time', { timeout: 60_000 }, () => {
    const policies = Array.from({ length: 60 }, (_, at) => parsePolicy(`regexp:^(?!tmp${at})`));
    const before = heldBytes();
    for (const [at, policy] of policies.entries()) {
      for (let list = 0; list < 50; list += 1) {
        const tags = Array.from({ length: 10 }, (_, tag) => `${at}-${list}-${tag}-`.padEnd(128, 'x'));
        expect(policy.accept(tags)).toHaveLength(10);
      }
    }
    // Each holds some 3 KB: all would be 9 MB.
    expect(heldBytes() - before).toBeLessThan(6 * MEBIBYTE);
  });
});
