/**
 * A time as messages carry it: ISO 8601 in UTC, to the millisecond.
 *
 * @returns undefined for a text that is no time, and for years of more than four digits, which not everybody reads
 */
export function isoTime(text: string | undefined): string | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  const iso = Number.isNaN(time) ? '' : new Date(time).toISOString();
  return /^\d{4}-/.test(iso) ? iso : undefined;
}

/**
 * Reproducible builds write a fixed time for "not known": the year 1, the epoch, or the first second of 1980.
 *
 * @see https://buildpacks.io/docs/for-app-developers/concepts/reproducibility/
 */
const FIRST_REAL_MILLIS = Date.UTC(1980, 0, 2);
/** RFC 3339, or its date alone; `Date.parse` takes `0` for the year 2000. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:$|[Tt ])/;

/**
 * The time at which an image says it was built, as messages carry it.
 *
 * @returns undefined for a text that is no time, and for the constants of reproducible builds
 */
export function buildTime(text: string | undefined): string | undefined {
  const time = DATE.test(text ?? '') ? isoTime(text) : undefined;
  return time !== undefined && Date.parse(time) >= FIRST_REAL_MILLIS ? time : undefined;
}
