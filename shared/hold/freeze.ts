import { wildcardTest } from '../policy/wildcard.ts';
import * as z from '../schema.ts';
import type { Hold } from './hold.ts';
import { parseWindow, parseWindowLine, type Window, type WindowText } from './window.ts';

/** A time in which places are not updated, and why. */
export interface Freeze {
  /** For people. */
  readonly reason: string;
  readonly window: Window;
  /** Globs of files or folders, from the repository's root; all where it is left out. */
  readonly paths?: readonly string[] | undefined;
  /** Globs of objects: `deployment/shop/*`; all where it is left out. */
  readonly objects?: readonly string[] | undefined;
}

/** Where a freeze may hold something. */
interface FrozenPlace {
  /** From the repository's root. */
  readonly file: string;
  /** `deployment/default/hello` */
  readonly object: string;
}

const TIME = 'A day (2026-12-20), a time (2026-12-20 18:00) or a time of each week (Fri 16:00)';

/** Globs, in which `*` stands for any text. */
export const globs = z.array(z.string().check(z.minLength(1))).check(z.minLength(1));

/** How a freeze is written. */
export const freezeShape = {
  reason: z.string('expected why, for people').check(z.minLength(1, 'expected why, for people')),
  from: z.optional(z.string()).check(z.describe(`${TIME}; left out: from now on`)),
  until: z.optional(z.string()).check(z.describe(`${TIME}; a day counts to its end`)),
  zone: z
    .optional(z.string())
    .check(z.describe('Of these times, an IANA name like Europe/Paris; days of the week need one')),
  paths: z.optional(globs).check(z.describe('Folders, files or globs of them, from the root; all by default')),
  objects: z
    .optional(globs)
    .check(z.describe('Globs of kind/namespace/name in lower case: deployment/shop/*; all by default')),
};

/** What is written with its window read; a window that is none is a fault of its key. */
export function withWindow<T extends WindowText>(
  written: T,
  context: z.core.ParsePayload,
): T & { readonly window: Window } {
  const window = parseWindow(written);
  if ('message' in window) {
    z.addFault(context, window.message, window.key);
  }
  return { ...written, window: 'message' in window ? ALWAYS : window };
}

/** Of all windows beside a workload, in characters: fewer than are read of an annotation, so that none is cut off. */
const MAX_LINES_LENGTH = 2000;

const ALWAYS: Window = { endAt: () => Number.POSITIVE_INFINITY };

/** A freeze that holds the places it covers. */
export interface FreezeInForce {
  readonly hold: Hold;
  covers(place: FrozenPlace): boolean;
}

/**
 * The freezes that are in force.
 *
 * @param where they are written: `in sluice.yml`
 * @param now milliseconds since the epoch
 */
export function freezesInForce(freezes: readonly Freeze[], where: string, now: number): readonly FreezeInForce[] {
  return freezes.flatMap((freeze) =>
    holdOf(freeze.window, `frozen ${where}: ${freeze.reason}`, now).map((hold) => ({ hold, covers: coverage(freeze) })),
  );
}

/**
 * What the windows that stand beside a workload hold now. One that is not valid holds it: nobody knows what it was to
 * keep out.
 *
 * @param lines with semicolons between them
 * @param name of the annotation that they are written in
 */
export function freezesBeside(lines: string, name: string, now: number): readonly Hold[] {
  const fault = (message: string): Hold => ({
    reason: `the annotation ${name}: ${message}`,
    until: undefined,
    isFault: true,
  });
  if (lines.length > MAX_LINES_LENGTH) {
    return [fault(`expected at most ${MAX_LINES_LENGTH} characters, found more`)];
  }
  return lines.split(';').flatMap((line) => {
    const window = parseWindowLine(line.trim());
    return 'message' in window ? fault(window.message) : holdOf(window, `frozen by ${name}: ${line.trim()}`, now);
  });
}

function holdOf(window: Window, reason: string, now: number): readonly Hold[] {
  const end = window.endAt(now);
  return end === undefined ? [] : [{ reason, until: Number.isFinite(end) ? end : undefined }];
}

/** Says whether a place is among those that a freeze is written for. What is written is read once, for all places. */
export function coverage({ paths, objects }: Pick<Freeze, 'paths' | 'objects'>): FreezeInForce['covers'] {
  const folders = paths?.flatMap(globsBelow).map(wildcardTest);
  const names = objects?.map((glob) => wildcardTest(glob.toLowerCase()));
  return ({ file, object }) => {
    const name = object.toLowerCase();
    return (folders?.some((test) => test(file)) ?? true) && (names?.some((test) => test(name)) ?? true);
  };
}

/**
 * The globs of a file or folder and of what is below it, from the root. Read as the folders to watch are: `./apps/`,
 * `/apps` and `apps` are one, and `.` is the root.
 */
function globsBelow(path: string): readonly string[] {
  const normal = path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return normal === '' ? ['*'] : [normal, `${normal}/*`];
}
