import type { Gate } from './gate.ts';

/** Is a request the one that is meant? What counts does so from its first call on. */
export type Fits = (method: string, target: string) => boolean;

/** Those of a method, to targets like this. */
export function asks(wanted: string, what: RegExp): Fits {
  return (method, target) => method === wanted && what.test(target);
}

/** What git asks for heads with, and then for commits. */
export const FETCH: Fits = asks('POST', /git-upload-pack$/);

/** The nth that fits. */
export function nth(count: number, fits: Fits): Fits {
  let seen = 0;
  return (method, target) => {
    const isOne = fits(method, target);
    seen += isOne ? 1 : 0;
    return isOne && seen === count;
  };
}

/** The first that fits after another one did. */
export function next(first: Fits, then: Fits): Fits {
  let isDue = false;
  return (method, target) => {
    const isIt = isDue && then(method, target);
    isDue ||= first(method, target);
    return isIt;
  };
}

/** Waits until such a request has gone through a gate. */
export async function passed(gate: Gate, fits: Fits): Promise<void> {
  await new Promise<void>((resolve) => {
    void gate.hold('before', (method, target) => {
      if (fits(method, target)) {
        resolve();
      }
      return false;
    });
  });
}
