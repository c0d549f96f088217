import { expect, test } from 'vitest';
import { AllowOrder } from '../../../../functions/commit-image/branch/allow-order.ts';
import { parseBlockList } from '../../../../shared/block-list/block-list.ts';
import { memoryGitHost } from '../../../fakes/memory-git-host.ts';

const LIST = '.sluice/blocked.yml';
/** When a pull request was closed. */
const NOON = Date.parse('2026-11-25T12:00:00Z');

test.each([
  { what: 'since that moment', since: '2026-11-25T12:00:00Z', changed: '2026-11-25T11:00Z', isAfter: true },
  { what: 'since the next day', since: '2026-11-26', changed: '2026-11-01', isAfter: true },
  {
    what: 'since before it, written before',
    since: '2026-11-25T11:59:59Z',
    changed: '2026-11-25T11:00Z',
    isAfter: false,
  },
  {
    what: 'since before it, written after',
    since: '2026-11-25T11:59:59Z',
    changed: '2026-11-25T12:01Z',
    isAfter: true,
  },
  { what: 'since that day, written before', since: '2026-11-25', changed: '2026-11-25T11:00Z', isAfter: false },
  { what: 'since that day, written after', since: '2026-11-25', changed: '2026-11-25T13:00Z', isAfter: true },
  {
    what: 'without a time, written in the same second',
    since: undefined,
    changed: '2026-11-25T12:00Z',
    isAfter: false,
  },
  { what: 'without a time, written before', since: undefined, changed: '2026-11-25T11:00Z', isAfter: false },
  { what: 'without a time, written after', since: undefined, changed: '2026-11-25T13:00Z', isAfter: true },
])('an allow after a pull request was closed at noon, or not: $what: $isAfter', async ({ since, changed, isAfter }) => {
  const text = `allowed: [{ image: a, tag: 1.2.3${since === undefined ? '' : `, since: "${since}"`} }]\n`;
  const host = memoryGitHost({ 'a.yml': '' });
  host.push({ [LIST]: text }, 'Allow\n', Date.parse(changed));
  const revision = host.push({ [LIST]: `${text}# and more\n` }, 'More\n', NOON + 1);
  const order = new AllowOrder({ host, branch: 'main', revision }, async () => host.history('main'));
  for (const entry of parseBlockList(text).allowed) {
    expect(await order.isAfterTime(entry, NOON)).toBe(isAfter);
  }
  expect.assertions(1);
});
