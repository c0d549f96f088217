/** The day or the instant that a text names, in milliseconds since the epoch; both ends belong to it. */
export interface Moment {
  readonly first: number;
  readonly last: number;
  /** Does a zone stand with it? Else it is read as in UTC. */
  readonly isInstant: boolean;
}

const DAY_MILLIS = 24 * 60 * 60 * 1000;
// The forms of https://yaml.org/type/timestamp.html that people write, ISO 8601's among them.
const MOMENT =
  /^(?<date>\d{4}-\d\d-\d\d)(?:(?:[Tt]|[ \t]+)(?<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)[ \t]*(?<zone>Z|[+-]\d{4}|[+-]\d\d?(?::\d\d)?)?)?$/;

/** Reads `2026-11-20` or `2026-11-20T10:00:00Z`, in UTC where no zone stands; undefined for what is no such day. */
export function readMoment(text: string): Moment | undefined {
  const { date, time, zone } = MOMENT.exec(text)?.groups ?? {};
  const first = date === undefined ? Number.NaN : Date.parse(`${date}T00:00:00Z`);
  // The 30th of February would be taken for a day in March.
  if (date === undefined || Number.isNaN(first) || !new Date(first).toISOString().startsWith(date)) {
    return undefined;
  }
  if (time === undefined) {
    return { first, last: first + DAY_MILLIS - 1, isInstant: false };
  }
  const instant = Date.parse(`${date}T${time}${offset(zone)}`);
  return Number.isNaN(instant) ? undefined : { first: instant, last: instant, isInstant: zone !== undefined };
}

/** Do two texts name the same day or instant, however it is written? Neither may be there. */
export function isSameMoment(one: string | undefined, other: string | undefined): boolean {
  const [a, b] = [one, other].map((text) => (text === undefined ? undefined : readMoment(text)));
  return one === other || (a !== undefined && a.first === b?.first && a.last === b.last);
}

/**
 * An instant as {@link readMoment} reads it; undefined for what no four digits of a year say.
 *
 * @param at milliseconds since the epoch
 */
export function printMoment(at: number): string | undefined {
  const date = new Date(at);
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  return readMoment(text) && text;
}

function offset(zone = 'Z'): string {
  const [, sign, hours = '', minutes = '00'] = /^([+-])(\d\d?):?(\d\d)?$/.exec(zone) ?? [];
  return sign === undefined ? 'Z' : `${sign}${hours.padStart(2, '0')}:${minutes}`;
}
