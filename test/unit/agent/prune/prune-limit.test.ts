import { describe, expect, test } from 'vitest';
import { DEFAULT_PRUNE_LIMIT, parsePruneLimit, pruneLimitReason } from '../../../../infra/agent/prune/prune-limit.ts';

describe('how much one revision may delete', () => {
  test.each([
    { what: 'half', deletion: { left: 5, before: 10, added: 0 }, limit: DEFAULT_PRUNE_LIMIT, isAllowed: true },
    {
      what: 'more than half',
      deletion: { left: 6, before: 10, added: 0 },
      limit: DEFAULT_PRUNE_LIMIT,
      isAllowed: false,
    },
    { what: 'the only one', deletion: { left: 1, before: 1, added: 0 }, limit: DEFAULT_PRUNE_LIMIT, isAllowed: false },
    {
      what: 'the only one, renamed',
      deletion: { left: 1, before: 1, added: 1 },
      limit: DEFAULT_PRUNE_LIMIT,
      isAllowed: true,
    },
    {
      what: 'all of ten, renamed',
      deletion: { left: 10, before: 10, added: 10 },
      limit: DEFAULT_PRUNE_LIMIT,
      isAllowed: true,
    },
    {
      what: 'all of a thousand, renamed',
      deletion: { left: 1000, before: 1000, added: 1000 },
      limit: DEFAULT_PRUNE_LIMIT,
      isAllowed: false,
    },
    {
      what: 'all, where that is said',
      deletion: { left: 9, before: 9, added: 0 },
      limit: { percent: 100 },
      isAllowed: true,
    },
    {
      what: 'one that is renamed, where nothing may be deleted',
      deletion: { left: 1, before: 9, added: 1 },
      limit: { percent: 0 },
      isAllowed: false,
    },
    { what: 'a number', deletion: { left: 20, before: 1000, added: 0 }, limit: { objects: 20 }, isAllowed: true },
    {
      what: 'more than a number',
      deletion: { left: 21, before: 1000, added: 30 },
      limit: { objects: 20 },
      isAllowed: false,
    },
    { what: 'nothing', deletion: { left: 0, before: 0, added: 0 }, limit: { objects: 0 }, isAllowed: true },
  ])('$what: $isAllowed', ({ deletion, limit, isAllowed }) => {
    expect(pruneLimitReason(deletion, limit) === undefined).toBe(isAllowed);
  });

  test.each([
    { text: '50%', is: { percent: 50 } },
    { text: '20', is: { objects: 20 } },
    { text: '101%', is: undefined },
    { text: 'half', is: undefined },
    { text: '-1', is: undefined },
  ])('$text', ({ text, is }) => {
    expect(parsePruneLimit(text)).toEqual(is);
  });
});
