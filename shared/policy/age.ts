import { buildTime } from '../time.ts';
import type { TagFacts } from './policy.ts';

/** When an image was built, in milliseconds since the epoch; undefined where it does not say. */
export function ageOf({ created }: Pick<TagFacts, 'created'>): number | undefined {
  return created === undefined ? undefined : (plainTime(created) ?? anyTime(created));
}

function anyTime(created: string): number | undefined {
  const time = buildTime(created);
  return time === undefined ? undefined : Date.parse(time);
}

/** Later than any constant of reproducible builds. */
const FIRST_YEAR = 1981;
/** So many every month has. */
const DAYS = 28;
/** Before each month of a year, without the leap day. */
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
const DAY_MILLIS = 86_400_000;

/**
 * A time in the one form that nearly all have, `2026-11-30T12:00:00Z` with or without milliseconds, in a thirtieth of the
 * time that it takes to read any; undefined where it is another. Ten thousand are read at once where a policy ranks by
 * them.
 */
function plainTime(text: string): number | undefined {
  const hasMillis = text.length === 24;
  if (!isPlain(text, hasMillis)) {
    return undefined;
  }
  const year = 100 * digits(text, 0) + digits(text, 2);
  const month = digits(text, 5);
  const day = digits(text, 8);
  const seconds = 60 * (60 * digits(text, 11) + digits(text, 14)) + digits(text, 17);
  const millis = hasMillis ? 10 * digits(text, 20) + digit(text, 22) : 0;
  const isClock = digits(text, 11) < 24 && digits(text, 14) < 60 && digits(text, 17) < 60;
  if (!(year >= FIRST_YEAR && month >= 1 && month <= 12 && day >= 1 && day <= DAYS && isClock && millis >= 0)) {
    return undefined;
  }
  return daysUntil(year, month, day) * DAY_MILLIS + seconds * 1000 + millis;
}

/** Since the epoch, in the calendar of 1981 to 9999. */
function daysUntil(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const leapDay = isLeap && month > 2 ? 1 : 0;
  return (year - 1970) * 365 + leapDays + (DAYS_BEFORE[month - 1] ?? 0) + leapDay + day - 1;
}

const [HYPHEN, COLON, DOT, LETTER_T, LETTER_Z, ZERO] = [45, 58, 46, 84, 90, 48];

function isPlain(text: string, hasMillis: boolean): boolean {
  return (
    (hasMillis ? text.charCodeAt(19) === DOT : text.length === 20) &&
    text.charCodeAt(text.length - 1) === LETTER_Z &&
    text.charCodeAt(4) === HYPHEN &&
    text.charCodeAt(7) === HYPHEN &&
    text.charCodeAt(10) === LETTER_T &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON
  );
}

/** The number that two digits make; not a number where they are none. */
function digits(text: string, at: number): number {
  return 10 * digit(text, at) + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
