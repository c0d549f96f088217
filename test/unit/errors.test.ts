import { expect, test } from 'vitest';
import { networkReason } from '../../shared/errors.ts';

test.each([
  { what: 'what fetch throws', error: new TypeError('fetch failed', { cause: new Error('refused') }), says: 'refused' },
  {
    what: 'what it throws of several addresses',
    error: new TypeError('fetch failed', { cause: new AggregateError([new Error('first'), new Error('second')]) }),
    says: 'first',
  },
  { what: 'an error without a cause', error: new Error('aborted'), says: 'aborted' },
  { what: 'a text', error: 'text', says: 'text' },
])('the reason of $what', ({ error, says }) => {
  expect(networkReason(error)).toBe(says);
});
