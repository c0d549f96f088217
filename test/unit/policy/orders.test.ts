import { describe, expect, test } from 'vitest';
import { choose } from '../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';

/** All tags that pass, the preferred one first. */
function inOrder(text: string, tags: readonly string[]): readonly string[] {
  const left = new Set(tags);
  const order: string[] = [];
  for (;;) {
    const candidates = [...left].map((tag) => ({ tag }));
    const choice = choose({ policy: parsePolicy(text), current: undefined, candidates });
    if (choice.action !== 'update') {
      return order;
    }
    order.push(choice.to.tag);
    left.delete(choice.to.tag);
  }
}

describe('alphabetical', () => {
  const releases = ['16.04', '16.04.1', '16.10', '20.04', '20.10'];

  test.each([
    { text: 'alphabetical:asc', of: releases, order: ['20.10', '20.04', '16.10', '16.04.1', '16.04'] },
    { text: 'alphabetical:desc', of: releases, order: ['16.04', '16.04.1', '16.10', '20.04', '20.10'] },
    { text: 'alphabetical', of: ['a', 'B', 'A', '_', '9'], order: ['a', '_', 'B', 'A', '9'] },
    { text: 'alphabetical: DESC', of: ['9', '10'], order: ['10', '9'] },
    { text: 'alphabetical:asc', of: ['latest', 'RELEASE.2026'], order: ['latest', 'RELEASE.2026'] },
  ])('$text of $of', ({ text, of, order }) => {
    expect(inOrder(text, of)).toEqual(order);
  });
});

describe('numerical', () => {
  const numbers = ['-62', '-88', '73', '72', '15', '16', '15', '29', '-33', '-91'];

  test.each([
    { text: 'numerical:asc', of: numbers, order: ['73', '72', '29', '16', '15', '-33', '-62', '-88', '-91'] },
    { text: 'numerical:desc', of: numbers, order: ['-91', '-88', '-62', '-33', '15', '16', '29', '72', '73'] },
    { text: 'numerical', of: ['1.5', '1.25', '2', '10', '.5'], order: ['10', '2', '1.5', '1.25', '.5'] },
    { text: 'numerical:asc', of: ['1e3', '999', '1001'], order: ['1001', '1e3', '999'] },
    {
      text: 'numerical:asc',
      of: ['7', 'x', 'inf', 'nan', '0x10', '1_0', '1__0', '_1', '1.2.3', '1e999', ''],
      order: ['1_0', '7'],
    },
    {
      text: 'numerical:asc',
      of: ['9007199254740993', '9007199254740992'],
      order: ['9007199254740993', '9007199254740992'],
    },
    {
      text: 'numerical:desc',
      of: ['20261130120000001', '20261130120000002'],
      order: ['20261130120000001', '20261130120000002'],
    },
    { text: 'numerical:asc', of: ['0', '-0', '00'], order: ['00', '0', '-0'] },
  ])('$text of $of', ({ text, of, order }) => {
    expect(inOrder(text, of)).toEqual(order);
  });

  test('skips what is no number, and counts it', () => {
    const policy = parsePolicy('numerical:asc');
    expect(policy.unrankable(['1', 'x', 'y', '2'])).toEqual(['x', 'y']);
    expect(policy.refusal('x').reason).toBe('tag x does not pass numerical:asc (it is no number)');
  });
});

describe('calendar versions', () => {
  test.each([
    {
      text: 'calver:YYYY.MM.DD-n',
      of: ['2026.11.30-2', '2026.11.30-10', '2026.2.1-1', '2026.12.1-1', '2026.13.01-1', '2026.11.30', 'main'],
      order: ['2026.12.1-1', '2026.11.30-10', '2026.11.30-2', '2026.2.1-1'],
    },
    {
      text: 'calver:YYYY.0M.DD[-n]',
      of: ['2026.01.05', '2026.01.05-1', '2026.1.6'],
      order: ['2026.01.05-1', '2026.01.05'],
    },
    {
      text: 'calver:YYYYMMDDhhmmss',
      of: ['20261130120000', '20261130115959', '20261130250000'],
      order: ['20261130120000', '20261130115959'],
    },
    { text: 'calver:YY.MM.MICRO', of: ['26.4.9', '26.04.10', '25.10.11'], order: ['26.04.10', '26.4.9', '25.10.11'] },
    { text: 'calver:YYYY-0W', of: ['2026-09', '2026-53', '2026-54'], order: ['2026-53', '2026-09'] },
    { text: 'calver:YYYY[.n][-n]', of: ['2026.1', '2026.1-2', '2026-3'], order: ['2026.1-2', '2026.1', '2026-3'] },
    { text: 'calver:YYYY.n0M', of: ['2026.112', '2026.212'], order: ['2026.212', '2026.112'] },
    { text: 'calver:main-YYYY.MM.DD', of: ['main-2026.11.30', '2026.12.01'], order: ['main-2026.11.30'] },
  ])('$text of $of', ({ text, of, order }) => {
    expect(inOrder(text, of)).toEqual(order);
  });

  test.each([
    'calver:MM.DD',
    'calver:YYYY-[MM',
    'calver:YYYY-MM]',
    'calver:YYYY.MICROMINOR',
    'calver:YYYY n',
    'calver:YYYY.n1n',
    'calver:YYYY.nMMn',
    'calver:YYYY.n[-]n',
    'calver:YYYY.n[-n]n',
    'calver:YYYY.n[-n-]n',
    `calver:YYYY${'[a]'.repeat(5)}`,
    'calver:',
  ])('%s is refused', (text) => {
    expect(() => parsePolicy(text)).toThrow('expected');
  });
});

test.each([
  { text: 'alphabetical:up', says: 'expected the order asc (the greatest is taken) or desc (the least), found "up"' },
  { text: 'numerical:ascending', says: 'expected the order asc' },
  { text: 'digest:latest', says: 'expected digest alone, found "digest:latest"' },
  { text: 'newest-build:x', says: 'expected newest-build alone' },
])('$text is refused', ({ text, says }) => {
  expect(() => parsePolicy(text)).toThrow(says);
});
