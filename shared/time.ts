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
