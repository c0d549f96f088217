import { assert, constantFrom, integer, oneof, pre, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseWindow,
  parseWindowLine,
  type Window,
  type WindowFault,
  type WindowText,
} from '../../../shared/hold/window.ts';

function windowOf(read: Window | WindowFault): Window {
  if ('message' in read) {
    throw new Error(read.message);
  }
  return read;
}

function endOf(window: Window, at: string): string | undefined {
  const end = window.endAt(Date.parse(at));
  return end === undefined || !Number.isFinite(end)
    ? end?.toString()
    : new Date(end).toISOString().replace(':00.000Z', 'Z');
}

describe('a weekly window in Paris holds until its end, whatever clocks do between', () => {
  test.each([
    { when: 'before it begins', line: 'Fri 16:00 to Mon 08:00', at: '2026-12-04T14:59:59Z', end: undefined },
    { when: 'as it begins', line: 'Fri 16:00 to Mon 08:00', at: '2026-12-04T15:00:00Z', end: '2026-12-07T07:00Z' },
    {
      when: "over the week's end",
      line: 'Fri 16:00 to Mon 08:00',
      at: '2026-12-06T23:30:00Z',
      end: '2026-12-07T07:00Z',
    },
    { when: 'as it ends', line: 'Fri 16:00 to Mon 08:00', at: '2026-12-07T07:00:00Z', end: undefined },
    { when: 'over midnight', line: 'Tue 22:00 to Wed 06:00', at: '2026-12-01T23:30:00Z', end: '2026-12-02T05:00Z' },
    { when: 'on whole days', line: 'Sat to Sun', at: '2026-12-05T12:00:00Z', end: '2026-12-06T23:00Z' },
    { when: 'on one day', line: 'Friday to friday', at: '2026-12-03T23:00:00Z', end: '2026-12-04T23:00Z' },
    {
      when: 'but for an hour of the week',
      line: 'Mon 09:00 to Mon 08:00',
      at: '2026-12-06T12:00:00Z',
      end: '2026-12-07T07:00Z',
    },
    {
      when: 'over the hour that is skipped',
      line: 'Sat 22:00 to Sun 08:00',
      at: '2026-03-28T22:00:00Z',
      end: '2026-03-29T06:00Z',
    },
    {
      when: 'to a time that is skipped',
      line: 'Sat 22:00 to Sun 02:30',
      at: '2026-03-28T22:00:00Z',
      end: '2026-03-29T01:00Z',
    },
    {
      when: 'from a time that is skipped',
      line: 'Sun 02:30 to Sun 04:00',
      at: '2026-03-29T01:00:00Z',
      end: '2026-03-29T02:00Z',
    },
    {
      when: 'to a time that comes twice: the second',
      line: 'Sat 22:00 to Sun 02:30',
      at: '2026-10-25T00:45:00Z',
      end: '2026-10-25T01:30Z',
    },
    {
      when: 'from a time that comes twice: the first',
      line: 'Sun 02:30 to Sun 04:00',
      at: '2026-10-25T00:30:00Z',
      end: '2026-10-25T03:00Z',
    },
  ])('$when: $line', ({ line, at, end }) => {
    expect(endOf(windowOf(parseWindowLine(`${line} Europe/Paris`)), at)).toBe(end);
  });
});

describe('a window between dates', () => {
  test.each([
    { line: '2026-12-20 to 2027-01-03', at: '2026-12-19T23:59:59Z', end: undefined },
    { line: '2026-12-20 to 2027-01-03', at: '2026-12-20T00:00:00Z', end: '2027-01-04T00:00Z' },
    { line: '2026-12-20 to 2027-01-03 Europe/Paris', at: '2026-12-19T23:00:00Z', end: '2027-01-03T23:00Z' },
    {
      line: 'from 2026-12-20 18:00 until 2026-12-21 06:00 America/New_York',
      at: '2026-12-20T23:00:00Z',
      end: '2026-12-21T11:00Z',
    },
    {
      line: '2026-12-20T18:00:00Z to 2026-12-21T06:00:00+01:00 Asia/Tokyo',
      at: '2026-12-20T18:00:00Z',
      end: '2026-12-21T05:00Z',
    },
    { line: 'until 2026-12-24', at: '2020-01-01T00:00:00Z', end: '2026-12-25T00:00Z' },
  ])('$line at $at ends $end', ({ line, at, end }) => {
    expect(endOf(windowOf(parseWindowLine(line)), at)).toBe(end);
  });

  test('without an end, ends when somebody ends it', () => {
    expect(endOf(windowOf(parseWindow({ from: '2026-12-20' })), '2030-01-01T00:00:00Z')).toBe('Infinity');
  });
});

describe('what is no window says what was expected', () => {
  test.each<{ text: WindowText; key: string; message: string }>([
    {
      text: { from: 'Fri 16:00', until: 'Mon 08:00' },
      key: 'zone',
      message: 'expected a time zone like Europe/Paris beside days of the week, found nothing',
    },
    {
      text: { from: 'Fri', until: 'Mon', zone: 'Europe/Pari' },
      key: 'zone',
      message: 'expected a time zone like Europe/Paris, found Europe/Pari',
    },
    {
      text: { from: 'Fri', until: '2026-12-24', zone: 'UTC' },
      key: 'until',
      message: 'expected a time of the week like Fri 16:00 as well, found 2026-12-24',
    },
    {
      text: { from: 'Fri 25:00', until: 'Mon', zone: 'UTC' },
      key: 'from',
      message: 'expected a time of the week like Fri 16:00 as well, found Fri 25:00',
    },
    {
      text: { from: 'Mon 08:00', until: 'Mon 08:00', zone: 'UTC' },
      key: 'until',
      message: 'expected part of a week, found Mon 08:00 to Mon 08:00',
    },
    {
      text: { from: 'Mon', until: 'Sun', zone: 'UTC' },
      key: 'until',
      message: 'expected part of a week, found Mon to Sun',
    },
    {
      text: { from: '2026-02-30', until: '2026-12-24' },
      key: 'from',
      message: 'expected a day like 2026-12-20, a time like 2026-12-20 18:00, or Fri 16:00, found 2026-02-30',
    },
    {
      text: { from: '2026-12-24', until: 'tomorrow' },
      key: 'until',
      message: 'expected a day like 2026-12-20, a time like 2026-12-20 18:00, or Fri 16:00, found tomorrow',
    },
    {
      text: { from: '2026-12-24', until: '2026-12-20' },
      key: 'until',
      message: 'expected a time after 2026-12-24, found 2026-12-20',
    },
    {
      text: { until: 'tomorrow' },
      key: 'until',
      message: 'expected a day like 2026-12-20, a time like 2026-12-20 18:00, or Fri 16:00, found tomorrow',
    },
    { text: {}, key: 'from', message: 'expected a day or a time, found nothing' },
  ])('$message', ({ text, key, message }) => {
    expect(parseWindow(text)).toEqual({ key, message });
  });

  test.each(['', 'always', 'Fri 16:00', 'to', `${'x '.repeat(100_000)}to Mon UTC`])('as a line: %.20s', (line) => {
    expect(parseWindowLine(line)).toMatchObject({ message: expect.stringMatching(/^expected a window like/) });
  });
});

const [MINUTE, DAY] = [60_000, 86_400_000];
const QUARTER = 15 * MINUTE;
/** Clocks jump by less, Samoa's over a whole day included. */
const AROUND = 27 * 60 * MINUTE;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const CHANGES = [
  '2026-03-29T01:00Z',
  '2026-10-25T01:00Z',
  '2026-03-08T07:00Z',
  '2026-11-01T06:00Z',
  '2026-04-04T15:00Z',
  '2026-10-03T15:30Z',
  '2011-12-30T10:00Z',
];
const zones = constantFrom(
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'UTC',
);
const moments = oneof(
  integer({ min: Date.UTC(2010, 0) / QUARTER, max: Date.UTC(2035, 0) / QUARTER }),
  tuple(constantFrom(...CHANGES), integer({ min: -300, max: 300 })).map(([at, by]) => Date.parse(at) / QUARTER + by),
);

/** What clocks show, by the fields of a calendar. */
function wallAt(format: Intl.DateTimeFormat, at: number): number {
  const fields = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 0, day, hour, minute } = fields;
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** Have clocks come to one time by then, and will they show less than the other still? */
function isBetween(at: number, zone: string, starts: readonly (readonly [start: number, end: number])[]): boolean {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const steps = Array.from({ length: AROUND / QUARTER + 1 }, (_, index) => index * QUARTER);
  const furthest = Math.max(...steps.map((step) => wallAt(format, at - step)));
  const least = Math.min(...steps.map((step) => wallAt(format, at + step)));
  return starts.some(([start, end]) => start <= furthest && least < end);
}

describe('a moment is frozen exactly where the clocks of its zone say so', () => {
  const quarters = integer({ min: 0, max: (7 * DAY) / QUARTER - 1 });
  const textOf = (quarter: number) => {
    const minutes = (quarter * QUARTER) / MINUTE;
    const [hours, rest] = [Math.floor(minutes / 60) % 24, minutes % 60];
    return `${DAYS[Math.floor(minutes / (24 * 60))]} ${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
  };

  test('in weekly windows, to the end that is told', () => {
    assert(
      property(moments, zones, quarters, quarters, (quarter, zone, from, until) => {
        pre(from !== until);
        const at = quarter * QUARTER;
        const window = windowOf(parseWindow({ from: textOf(from), until: textOf(until), zone }));
        const monday = Date.UTC(2024, 0, 1);
        const length = ((until - from) * QUARTER + 7 * DAY) % (7 * DAY);
        const isFrozen = (moment: number) => {
          const week = Math.floor((moment - monday) / (7 * DAY));
          const starts = [-2, -1, 0, 1, 2].map((by) => monday + (week + by) * 7 * DAY + from * QUARTER);
          return isBetween(
            moment,
            zone,
            starts.map((start) => [start, start + length]),
          );
        };
        const end = window.endAt(at);
        expect(end !== undefined).toBe(isFrozen(at));
        const last = end ?? at;
        expect(isFrozen(last - QUARTER) || end === undefined).toBe(true);
        expect(isFrozen(last)).toBe(window.endAt(last) !== undefined);
      }),
      { numRuns: 400 },
    );
  });

  test('between dates', () => {
    const date = (wall: number) => new Date(wall).toISOString().slice(0, 16).replace('T', ' ');
    assert(
      property(
        moments,
        zones,
        integer({ min: -300, max: 300 }),
        integer({ min: 1, max: 600 }),
        (quarter, zone, by, length) => {
          const at = quarter * QUARTER;
          const [start, end] = [at + by * QUARTER, at + (by + length) * QUARTER];
          const read = parseWindow({ from: date(start), until: date(end), zone });
          // Both may be times that clocks skip.
          pre(!('message' in read));
          expect(windowOf(read).endAt(at) !== undefined).toBe(isBetween(at, zone, [[start, end]]));
        },
      ),
      { numRuns: 300 },
    );
  });
});
