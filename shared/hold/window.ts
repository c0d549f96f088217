import { readMoment } from '../moment.ts';
import { type TimeZone, timeZone } from './time-zone.ts';

/** A time in which nothing is updated, as it is written. */
export interface WindowText {
  /** `Fri 16:00`, `2026-12-20`, `2026-12-20 18:00`, `2026-12-20T18:00:00Z`; a day from its beginning. */
  readonly from?: string | undefined;
  /** The same; a day to its end. */
  readonly until?: string | undefined;
  /** `Europe/Paris`; days of the week need one, dates without one are in UTC. */
  readonly zone?: string | undefined;
}

/** A time in which nothing is updated. */
export interface Window {
  /** When the window ends that a moment lies in, `Infinity` where it does not end; undefined where it lies in none. */
  endAt(now: number): number | undefined;
}

/** Why a text is no window. */
export interface WindowFault {
  readonly key: keyof WindowText;
  /** `expected …, found …` */
  readonly message: string;
}

const MINUTE_MILLIS = 60 * 1000;
const DAY_MILLIS = 24 * 60 * MINUTE_MILLIS;
const WEEK_MILLIS = 7 * DAY_MILLIS;
/** The epoch was a Thursday. */
const FIRST_MONDAY = 4 * DAY_MILLIS;
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
/** For a workload's line. */
const MAX_LINE = 200;
const LINE = /^(?:(?:from\s+)?(?<from>\S.*?)\s+)?(?:to|until)\s+(?<until>\S.*?)(?:\s+(?<zone>[a-z]\S*))?$/i;

/** Reads what is written in one line: `Fri 16:00 to Mon 08:00 Europe/Paris`, `until 2026-12-24`. */
export function parseWindowLine(line: string): Window | WindowFault {
  const { from, until, zone } = LINE.exec(line.slice(0, MAX_LINE))?.groups ?? {};
  return until === undefined || line.length > MAX_LINE
    ? faultOf('from', 'a window like Fri 16:00 to Mon 08:00 Europe/Paris, or 2026-12-20 to 2027-01-03', line)
    : parseWindow({ from, until, zone });
}

/** Reads a window: between two dates, one of which may be left out, or between two times of each week. */
export function parseWindow({ from, until, zone: name }: WindowText): Window | WindowFault {
  const zone = timeZone(name ?? 'UTC');
  if (zone === undefined) {
    return faultOf('zone', 'a time zone like Europe/Paris', name);
  }
  const [first, last] = [minuteOf(from), minuteOf(until, DAY_MILLIS)];
  if (first === undefined && last === undefined) {
    return dates(from, until, zone);
  }
  if (first === undefined || last === undefined) {
    return faultOf(
      first === undefined ? 'from' : 'until',
      'a time of the week like Fri 16:00 as well',
      first === undefined ? from : until,
    );
  }
  if (name === undefined) {
    return faultOf('zone', 'a time zone like Europe/Paris beside days of the week', name);
  }
  const length = modulo(last - first, WEEK_MILLIS);
  return length === 0 ? faultOf('until', 'part of a week', `${from} to ${until}`) : weekly(first, length, zone);
}

/** Each week, from so long after Monday's beginning; the ends are found on the clock, whatever lies between. */
function weekly(first: number, length: number, zone: TimeZone): Window {
  return {
    endAt(now) {
      const wall = zone.wallAt(now) - FIRST_MONDAY;
      const thisWeek = wall - modulo(wall, WEEK_MILLIS) + FIRST_MONDAY + first;
      const ends = [thisWeek - WEEK_MILLIS, thisWeek, thisWeek + WEEK_MILLIS]
        .filter((start) => zone.firstAt(start) <= now)
        .map((start) => zone.lastAt(start + length));
      return ends.findLast((end) => now < end);
    },
  };
}

function dates(from: string | undefined, until: string | undefined, zone: TimeZone): Window | WindowFault {
  const [start, end] = [instantOf(from, zone), instantOf(until, zone, true)];
  if (from === undefined && until === undefined) {
    return faultOf('from', 'a day or a time', undefined);
  }
  for (const [key, text, instant] of [
    ['from', from, start],
    ['until', until, end],
  ] as const) {
    if (text !== undefined && instant === undefined) {
      return faultOf(key, 'a day like 2026-12-20, a time like 2026-12-20 18:00, or Fri 16:00', text);
    }
  }
  const [first, last] = [start ?? Number.NEGATIVE_INFINITY, end ?? Number.POSITIVE_INFINITY];
  return first < last
    ? { endAt: (now) => (first <= now && now < last ? last : undefined) }
    : faultOf('until', `a time after ${from}`, until);
}

/** An instant; a time without a zone of its own is what clocks show in the window's. A day as an end is over with it. */
function instantOf(text: string | undefined, zone: TimeZone, isEnd = false): number | undefined {
  const moment = text === undefined ? undefined : readMoment(text);
  if (moment === undefined || moment.isInstant) {
    return moment?.first;
  }
  return isEnd ? zone.lastAt(moment.first === moment.last ? moment.last : moment.last + 1) : zone.firstAt(moment.first);
}

/** Is a text a time of each week? */
export function isOfWeek(text: string | undefined): boolean {
  return minuteOf(text) !== undefined;
}

/** How long after Monday's beginning `Fri 16:00` is; a day alone is its beginning, or what is given of it. */
function minuteOf(text: string | undefined, ofDay = 0): number | undefined {
  const [, day = '', hours, minutes = ''] = /^([a-z]+)(?:\s+(\d\d?):(\d\d))?$/i.exec(text ?? '') ?? [];
  const found = DAYS.findIndex((one) => [one, one.slice(0, 3)].includes(day.toLowerCase()));
  const time = hours === undefined ? ofDay : (Number(hours) * 60 + Number(minutes)) * MINUTE_MILLIS;
  return found < 0 || time > DAY_MILLIS || Number(minutes) > 59 ? undefined : found * DAY_MILLIS + time;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function faultOf(key: keyof WindowText, expected: string, found: string | undefined): WindowFault {
  return { key, message: `expected ${expected}, found ${found || 'nothing'}` };
}
