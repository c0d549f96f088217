import { BoundedMap } from '../policy/bounded-map.ts';

const DAY_MILLIS = 24 * 60 * 60 * 1000;
/** Each costs 0.15 ms to make. */
const MAX_KNOWN = 100;
const known = new BoundedMap<string, TimeZone>(MAX_KNOWN);

/** The zone of an IANA name, `Europe/Paris`; undefined where there is none of that name. */
export function timeZone(name: string): TimeZone | undefined {
  try {
    return known.getOrMake(name, () => new TimeZone(name));
  } catch {
    return undefined;
  }
}

/**
 * What clocks show somewhere, by the rules that the runtime knows. A wall time is the number of milliseconds since the
 * epoch at which a clock in UTC shows the same.
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;

  /** @throws RangeError for a name that is none */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** What clocks show at an instant. */
  wallAt(instant: number): number {
    return instant + this.#offsetAt(instant);
  }

  /** The first instant at which clocks have come so far: where they are put forward past it, when that is done. */
  firstAt(wall: number): number {
    return this.#instantsOf(wall)[0];
  }

  /** The last instant before which clocks show less: where they are put back and show it twice, the second time. */
  lastAt(wall: number): number {
    return this.#instantsOf(wall)[1];
  }

  /** The day before and the day after are on either side of a change of clocks that is near. */
  #instantsOf(wall: number): readonly [first: number, last: number] {
    const [before, after] = [wall - DAY_MILLIS, wall + DAY_MILLIS].map((near) => wall - this.#offsetAt(near)) as [
      number,
      number,
    ];
    const found = [before, after].filter((instant) => this.wallAt(instant) === wall);
    return found.length > 0
      ? [Math.min(...found), Math.max(...found)]
      : this.#skipped(wall, Math.min(before, after), Math.max(before, after));
  }

  /** When clocks are put forward past a time that none of them shows. */
  #skipped(wall: number, early: number, late: number): readonly [first: number, last: number] {
    let [low, high] = [early, late];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      [low, high] = this.wallAt(middle) < wall ? [middle, high] : [low, middle];
    }
    return [high, high];
  }

  /** In milliseconds: what `GMT+05:30` says, and `GMT-00:44:30` of times long past. */
  #offsetAt(instant: number): number {
    const name = this.#format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign = '+', hours = 0, minutes = 0, seconds = 0] = /([+-])(\d+):(\d+)(?::(\d+))?/.exec(name) ?? [];
    return Number(`${sign}1`) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  }
}
