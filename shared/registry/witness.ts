import type { Cache } from '../cache/port.ts';
import type { Sighting, SightingNeeds } from './port.ts';
import type { PushClock, TaggedDigest } from './push-clock.ts';

export interface WitnessOptions {
  /** Of the registry, as images name it. */
  readonly host: string;
  readonly cache: Cache;
  /** The registry's own, where it has one that is known. */
  readonly clock?: PushClock | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What is kept of a digest. */
interface Note {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Has the registry's own clock been read? It says the same again. */
  readonly confirmed?: boolean;
}

/** Longer than the longest age that a policy can ask for: a year. */
const TTL_SECONDS = 400 * 24 * 60 * 60;
/** There were no images before; Go writes the year 1 for a time that is not known, which would make any image old. */
const FIRST_PUSH = Date.UTC(2013, 2, 20);

/**
 * Remembers when each digest was first there: when Sluice was told of its push, or came across it, whichever was earlier.
 * What an image says of itself does not count, since whoever builds it writes that. The registry's own clock may make an
 * image older than Sluice knows it to be.
 *
 * The notes are in a cache, of which the earliest stays whatever the order. One that is lost begins anew: an image is
 * taken for younger than it is, never for older.
 */
export class Witness {
  readonly #options: WitnessOptions;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  /** Notes that a digest is there now. A cache and a clock that are out of reach make it no older. */
  async firstSeen(
    repository: string,
    version: TaggedDigest,
    { minAgeMillis, toldAt }: SightingNeeds,
  ): Promise<Sighting> {
    const now = this.#options.now();
    const key = `seen 1 ${this.#options.host}/${repository}@${version.digest}`;
    const isOld = ({ at }: Note) => at + minAgeMillis <= now;
    // A machine without a clock of its own begins in 1970: what it was told then would be old at once.
    const told = toldAt !== undefined && toldAt >= FIRST_PUSH ? toldAt : now;
    let note = await this.#note(key, { at: Math.min(now, told) });
    if (!isOld(note) && note.confirmed !== true) {
      const pushedAt = await this.#options.clock?.pushedAt(repository, version);
      if (pushedAt !== undefined && pushedAt >= FIRST_PUSH && pushedAt <= now) {
        note = await this.#note(key, { at: pushedAt, confirmed: true });
      }
    }
    return { at: note.at, youngUntil: isOld(note) ? undefined : note.at + minAgeMillis };
  }

  /** The earliest of what is known; what is known already is not written again. */
  async #note(key: string, seen: Note): Promise<Note> {
    const { cache } = this.#options;
    const known = readNote(await cache.get(key));
    let note = earliest(known, seen);
    if (known === undefined || note.at < known.at || note.confirmed !== known.confirmed) {
      await cache.update(
        key,
        (before) => {
          note = earliest(readNote(before), note);
          return note;
        },
        TTL_SECONDS,
      );
    }
    return note;
  }
}

function earliest(known: Note | undefined, seen: Note): Note {
  if (known === undefined) {
    return seen;
  }
  const at = Math.min(known.at, seen.at);
  return known.confirmed === true || seen.confirmed === true ? { at, confirmed: true } : { at };
}

/** What cannot be read was not noted. */
function readNote(value: unknown): Note | undefined {
  const { at, confirmed } = (value ?? {}) as Readonly<Record<keyof Note, unknown>>;
  return typeof at === 'number' && at >= FIRST_PUSH ? { at, ...(confirmed === true && { confirmed }) } : undefined;
}
