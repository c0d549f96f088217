import { expect, test } from 'vitest';
import { selectorOf } from '../../../../infra/agent/health/selector.ts';

test.each([
  { what: 'nothing', selector: {}, is: '' },
  { what: 'labels', selector: { matchLabels: { app: 'web', tier: 'front' } }, is: 'app=web,tier=front' },
  {
    what: 'expressions',
    selector: {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'a', operator: 'In', values: ['x', 'y'] },
        { key: 'b', operator: 'NotIn', values: ['z'] },
        { key: 'c', operator: 'Exists' },
        { key: 'd', operator: 'DoesNotExist' },
      ],
    },
    is: 'app=web,a in (x,y),b notin (z),c,!d',
  },
])('$what: "$is"', ({ selector, is }) => {
  expect(selectorOf(selector)).toBe(is);
});
