import { describe, expect, test } from 'vitest';
import { parseCurrent, parseTags } from '../../../infra/cli/choose-input.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('reads tags, with their times and digests where they are given', () => {
  const lines = [
    '1.0.0',
    '',
    `1.0.1\t2026-11-30T12:00:00.5+01:00\t${DIGEST}`,
    `x\t\t${DIGEST}`,
    'y\t2026-11-30T12:00:00Z',
  ];
  expect(parseTags('tags', lines.join('\r\n'))).toEqual([
    { tag: '1.0.0' },
    { tag: '1.0.1', created: '2026-11-30T12:00:00.5+01:00', digest: DIGEST },
    { tag: 'x', digest: DIGEST },
    { tag: 'y', created: '2026-11-30T12:00:00Z' },
  ]);
});

describe('refuses', () => {
  test.each([
    {
      name: 'a tag that is longer than one may be',
      text: `a\n${'b'.repeat(129)}`,
      says: 'tags line 2: expected a tag of at most 128 characters without a space, found 129 characters',
    },
    { name: 'a tag with a space', text: '1.0.0 2026', says: 'tags line 1: expected a tag' },
    { name: 'no tag before a time', text: '\t2026-11-30T12:00:00Z', says: 'found ""' },
    { name: 'a time without a zone', text: 'a\t2026-11-30T12:00:00', says: 'expected a time like' },
    { name: 'a day that no month has', text: 'a\t2026-13-30T12:00:00Z', says: 'expected a time like' },
    { name: 'a digest that is none', text: 'a\t\tsha256:xyz', says: 'expected a digest like sha256:…' },
    { name: 'a digest of another length', text: `a\t\tsha256:${'a'.repeat(40)}`, says: 'expected a digest like' },
    { name: 'a day that this month does not have', text: 'a\t2026-02-30T12:00:00Z', says: 'expected a time like' },
    { name: 'a fourth column', text: `a\t\t${DIGEST}\tb`, says: 'and no more, found more' },
    { name: 'a tag twice', text: 'a\nb\na', says: 'tags line 3: expected each tag once, found a again' },
    {
      name: 'more tags than it reads',
      text: Array.from({ length: 100_001 }, (_, at) => `${at}`).join('\n'),
      says: 'tags: expected at most 100000 tags',
    },
  ])('$name', ({ text, says }) => {
    expect(() => parseTags('tags', text)).toThrow(says);
  });
});

test('reads what stands at a site, with its digest or without', () => {
  expect(parseCurrent('1.0.0')).toEqual({ tag: '1.0.0', digest: undefined });
  expect(parseCurrent(`1.0.0@${DIGEST}`)).toEqual({ tag: '1.0.0', digest: DIGEST });
});

test.each(['', '1.0.0@', '1.0.0@sha256:abc', `@${DIGEST}`, `1.0.0@${DIGEST}@x`, 'a b', 'a'.repeat(129), 'a\u001b[2J'])(
  '--current %j is refused',
  (text) => {
    expect(() => parseCurrent(text)).toThrow('--current: expected a tag, with @sha256:… where its digest does');
  },
);
