import { describe, expect, test } from 'vitest';
import { timeZone } from '../../../shared/hold/time-zone.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const print = (instant: number | undefined) => instant && new Date(instant).toISOString().slice(0, 19);

describe('the instants at which clocks show a time', () => {
  test.each([
    { zone: 'UTC', wall: '2026-12-04T20:00', first: '2026-12-04T20:00:00', last: '2026-12-04T20:00:00' },
    { zone: 'Asia/Kathmandu', wall: '2026-12-04T20:00', first: '2026-12-04T14:15:00', last: '2026-12-04T14:15:00' },
    { zone: 'Europe/Paris', wall: '2026-03-29T02:30', first: '2026-03-29T01:00:00', last: '2026-03-29T01:00:00' },
    { zone: 'Europe/Paris', wall: '2026-03-29T02:00', first: '2026-03-29T01:00:00', last: '2026-03-29T01:00:00' },
    { zone: 'Europe/Paris', wall: '2026-10-25T02:30', first: '2026-10-25T00:30:00', last: '2026-10-25T01:30:00' },
    { zone: 'America/New_York', wall: '2026-11-01T01:59', first: '2026-11-01T05:59:00', last: '2026-11-01T06:59:00' },
    {
      zone: 'Australia/Lord_Howe',
      wall: '2026-04-05T01:45',
      first: '2026-04-04T14:45:00',
      last: '2026-04-04T15:15:00',
    },
    { zone: 'Pacific/Apia', wall: '2011-12-30T12:00', first: '2011-12-30T10:00:00', last: '2011-12-30T10:00:00' },
    { zone: 'Africa/Monrovia', wall: '1900-01-01T00:00', first: '1900-01-01T00:43:08', last: '1900-01-01T00:43:08' },
  ])('$wall in $zone', ({ zone, wall, first, last }) => {
    const found = timeZone(zone);
    expect([print(found?.firstAt(at(wall))), print(found?.lastAt(at(wall)))]).toEqual([first, last]);
  });
});

test.each(['Europe/Pari', '', '+02:00x', 'x'.repeat(10_000)])('%.20s is no zone', (name) => {
  expect(timeZone(name)).toBeUndefined();
});
