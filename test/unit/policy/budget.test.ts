import { createContext, Script } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { withinBudget } from '../../../shared/policy/budget.ts';

const BUDGET = 100;
const CONTEXT = createContext({});
const FOREVER = new Script('for (;;);');

/** A processor that gives this thread so much in each try, and a try that needs so much. */
function processorThatGives(given: readonly number[]) {
  const timeouts: number[] = [];
  let used = 0;
  return {
    timeouts,
    used: () => used,
    /** Runs to its end in the tries after these. */
    run: (timeoutMillis: number): string => {
      const millis = given[timeouts.length];
      timeouts.push(timeoutMillis);
      if (millis === undefined) {
        return 'done';
      }
      used += millis;
      return FOREVER.runInContext(CONTEXT, { timeout: 1 });
    },
  };
}

describe('a budget of the processor', () => {
  test.each([
    { what: 'done at once', given: [], timeouts: [100] },
    { what: 'kept from the processor', given: [0], timeouts: [100, 200] },
    { what: 'of which one try went to a collection of garbage', given: [100], timeouts: [100, 100] },
    { what: 'kept from it for long', given: [1, 5, 20], timeouts: [100, 200, 400, 800] },
  ])('work $what is done', ({ given, timeouts }) => {
    const processor = processorThatGives(given);
    expect(withinBudget(BUDGET, processor.run, processor.used)).toBe('done');
    expect(processor.timeouts).toEqual(timeouts);
  });

  test.each([
    { what: 'at once', given: [100, 100], timeouts: [100, 100] },
    { what: 'once it is let', given: [20, 160, 160], timeouts: [100, 200, 200] },
    { what: 'or is never let', given: Array(9).fill(0), timeouts: [100, 200, 400, 800, 1600, 3200, 6400] },
  ])('work that uses it up $what is not done', ({ given, timeouts }) => {
    const processor = processorThatGives(given);
    expect(() => withinBudget(BUDGET, processor.run, processor.used)).toThrow('Script execution timed out');
    expect(processor.timeouts).toEqual(timeouts);
  });

  test('what fails in another way is not tried again', () => {
    const timeouts: number[] = [];
    const run = (timeoutMillis: number) => {
      timeouts.push(timeoutMillis);
      throw new RangeError('too deep');
    };
    expect(() => withinBudget(BUDGET, run)).toThrow('too deep');
    expect(timeouts).toEqual([100]);
  });
});
