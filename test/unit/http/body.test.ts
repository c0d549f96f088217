import { describe, expect, test } from 'vitest';
import { readBody, readStart } from '../../../shared/http/body.ts';

/** A body in chunks, that knows how many were taken. */
function chunked(...texts: readonly string[]) {
  const taken: string[] = [];
  const body = (async function* () {
    for (const text of texts) {
      taken.push(text);
      yield Buffer.from(text);
    }
  })();
  return { body, taken };
}

describe('a body', () => {
  test.each([
    { name: 'is read whole up to its limit', chunks: ['ab', 'cd'], maxBytes: 4, text: 'abcd', taken: 2 },
    {
      name: 'is nothing where it is longer, and the rest is not read',
      chunks: ['ab', 'cd', 'e'],
      maxBytes: 3,
      taken: 2,
    },
    { name: 'may be empty', chunks: [], maxBytes: 0, text: '', taken: 0 },
  ])('$name', async ({ chunks, maxBytes, text, taken }) => {
    const source = chunked(...chunks);
    expect((await readBody(source.body, maxBytes))?.toString('utf8')).toBe(text);
    expect(source.taken).toHaveLength(taken);
  });
});

test('of the beginning of a body no more is read than is wanted', async () => {
  const { body, taken } = chunked('abc', 'def', 'ghi');
  expect((await readStart(body, 5)).toString('utf8')).toBe('abcde');
  expect(taken).toEqual(['abc', 'def']);
});
