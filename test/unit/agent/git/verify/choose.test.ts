import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseRevision } from '../../../../../infra/agent/git/verify/choose.ts';
import type { CheckedCommit } from '../../../../../infra/agent/git/verify/commits.ts';

/** `c: a b !` is commit c with parents a and b and a bad signature. */
function commits(...lines: readonly string[]): readonly CheckedCommit[] {
  return lines.map((line) => {
    const [commit = '', ...parents] = line.split(/[: ]+/);
    return {
      commit,
      parents: parents.filter((one) => one !== '!'),
      fault: parents.includes('!') ? 'it is not signed' : undefined,
    };
  });
}

describe('the revision that may be applied', () => {
  test.each([
    { name: 'is the head where all is good', range: ['b: a', 'c: b'], chosen: 'c', refused: [] },
    { name: 'is the one before a bad head', range: ['b: a', 'c: b !'], chosen: 'b', refused: ['c'] },
    {
      name: 'is before the first bad one, whatever comes after it',
      range: ['b: a', 'c: b !', 'd: c'],
      chosen: 'b',
      refused: ['c'],
    },
    {
      name: 'is the one that was applied where the first is bad',
      range: ['b: a !', 'c: b'],
      chosen: 'a',
      refused: ['b'],
    },
    {
      name: 'brings nothing bad in by a merge',
      range: ['b: a', 'x: a !', 'y: x', 'c: b y'],
      chosen: 'b',
      refused: ['x'],
    },
    { name: 'may bring good ones in by a merge', range: ['b: a', 'x: a', 'c: b x'], chosen: 'c', refused: [] },
    { name: 'is not on a line that was merged in', range: ['b: a !', 'x: a', 'c: b x'], chosen: 'a', refused: ['b'] },
  ])('$name', ({ range, chosen, refused }) => {
    const list = commits(...range);
    const choice = chooseRevision(list, list.at(-1)?.commit ?? '', 'a');
    expect({ ...choice, refused: choice.refused.map(({ commit }) => commit) }).toEqual({ commit: chosen, refused });
  });

  test.each([
    { name: 'the head, which has it on its own line', range: ['b: a', 'c: b'], chosen: 'c' },
    { name: 'the head, which has it by a merge', range: ['x: w', 'c: x a'], chosen: 'c' },
    { name: 'not the line that a bad merge brings it to', range: ['x: w', 'c: x a !'], chosen: 'a' },
    { name: 'not the lines beside it', range: ['w:', 'x: w', 'c: x !'], chosen: 'a' },
    { name: 'what descends from it on the line of a bad head', range: ['b: a', 'x: w', 'c: b x !'], chosen: 'b' },
  ])('where it has to descend from a commit, is $name', ({ range, chosen }) => {
    const list = commits(...range);
    expect(chooseRevision(list, 'c', 'a', 'a').commit).toBe(chosen);
  });

  test('is none where nothing was applied and the head is bad', () => {
    expect(chooseRevision(commits('c: b !'), 'c', undefined).commit).toBeUndefined();
  });

  test('has, of any history, only good commits behind it that were not applied before', () => {
    const history = fc.array(fc.record({ first: fc.nat(), second: fc.option(fc.nat()), isBad: fc.boolean() }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(history, (shape) => {
        const names = ['since'];
        const list = shape.map(({ first, second, isBad }, index): CheckedCommit => {
          const parents = [first, ...(second === null ? [] : [second])].map((at) => names[at % names.length] ?? '');
          names.push(`${index}`);
          return { commit: `${index}`, parents, fault: isBad ? 'it is not signed' : undefined };
        });
        const { commit } = chooseRevision(list, list.at(-1)?.commit ?? '', 'since');
        const behind = (one: string | undefined): readonly (CheckedCommit | undefined)[] => {
          const found = list.find((other) => other.commit === one);
          return found === undefined
            ? []
            : [found, ...new Set(found.parents)].flatMap((other) =>
                typeof other === 'string' ? behind(other) : [other],
              );
        };
        expect(behind(commit).filter((one) => one?.fault !== undefined)).toEqual([]);
      }),
    );
  });
});
