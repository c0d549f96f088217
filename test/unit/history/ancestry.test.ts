import { expect, test } from 'vitest';
import { isAncestor } from '../../../shared/history/ancestry.ts';

/** `merge` of `main` and `aside`, which both began at `base`. */
const COMMITS = Object.entries({ merge: ['main', 'aside'], main: ['base'], aside: ['base'], base: ['older'] }).map(
  ([revision, parents]) => ({ revision, parents, message: '', committedAt: 0 }),
);

test.each([
  { ancestor: 'main', of: 'merge', is: true },
  { ancestor: 'aside', of: 'merge', is: true },
  { ancestor: 'base', of: 'merge', is: true },
  { ancestor: 'older', of: 'merge', is: true },
  { ancestor: 'aside', of: 'main', is: false },
  { ancestor: 'merge', of: 'main', is: false },
  { ancestor: 'main', of: 'main', is: false },
  { ancestor: 'oldest', of: 'merge', is: false },
  { ancestor: 'main', of: 'unknown', is: false },
])('$of was made on $ancestor, as far as commits tell: $is', ({ ancestor, of, is }) => {
  expect(isAncestor(ancestor, of, COMMITS)).toBe(is);
});
