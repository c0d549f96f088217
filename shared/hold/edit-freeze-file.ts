import { stringify } from 'yaml';
import { readMoment } from '../moment.ts';
import { parseFreezeFile } from './freeze-file.ts';

/** A freeze as `sluice freeze` writes it; its times are in UTC where no zone stands. */
export interface WrittenFreeze {
  readonly reason: string;
  readonly from: string;
  readonly until?: string | undefined;
  readonly zone?: string | undefined;
  readonly paths?: readonly string[] | undefined;
  readonly objects?: readonly string[] | undefined;
}

/** Which places a freeze holds. */
export type FreezeScope = Pick<WrittenFreeze, 'paths' | 'objects'>;

type Entry = ReturnType<typeof parseFreezeFile>[number];

const DAY_MILLIS = 24 * 60 * 60 * 1000;
const KEYS = ['reason', 'from', 'until', 'zone', 'paths', 'objects'] as const;

const HEADER = `# What is frozen here: Sluice updates nothing of it until then. Written by \`sluice freeze\`, ended by
# \`sluice thaw\`. Windows of each week stand in sluice.yml, or beside the workload.
`;

/**
 * The file with a freeze more. One of the same places that is in force is extended, never cut short: it keeps its
 * beginning where both are of one zone, and where it lasts as long already, with whatever reason, the text stays as it is. What is over goes.
 *
 * @param text undefined where there is no file yet
 * @param now milliseconds since the epoch
 * @throws SluiceError `manifest-invalid` where the text is no file of freezes
 */
export function withFreeze(text: string | undefined, freeze: WrittenFreeze, now: number): string {
  const entries = parseFreezeFile(text ?? '');
  const standing = inForceAmong(entries, freeze, now);
  const [added] = parseFreezeFile(print([freeze]));
  const [ends, wanted] = [standing?.window.endAt(now) ?? now, added?.window.endAt(now) ?? now];
  if (text !== undefined && standing !== undefined && ends >= wanted) {
    return text;
  }
  const others = entries.filter((one) => one !== standing && !isOver(one, now));
  return print([...others, { ...freeze, from: (standing && beginningOf(standing, freeze)) ?? freeze.from }]);
}

/**
 * The file without what holds these places, or anything where none are given; what is still to come stays.
 *
 * @param text undefined where there is no file
 * @param now milliseconds since the epoch
 * @throws SluiceError `manifest-invalid` where the text is no file of freezes
 */
export function withoutFreezes(
  text: string | undefined,
  scope: FreezeScope | undefined,
  now: number,
): string | undefined {
  const entries = parseFreezeFile(text ?? '');
  const isMeant = (one: Entry) =>
    one.window.endAt(now) !== undefined && (scope === undefined || isSameScope(one, scope));
  return entries.some(isMeant) ? print(entries.filter((one) => !isMeant(one) && !isOver(one, now))) : text;
}

/** The freeze of just these places that is in force. */
export function freezeInForce(text: string | undefined, scope: FreezeScope, now: number): Entry | undefined {
  return inForceAmong(parseFreezeFile(text ?? ''), scope, now);
}

function inForceAmong(entries: readonly Entry[], scope: FreezeScope, now: number): Entry | undefined {
  return entries.find((one) => isSameScope(one, scope) && one.window.endAt(now) !== undefined);
}

/** What is written of a beginning; undefined where it means another time in the zone of the freeze that goes on. */
function beginningOf({ from, zone }: Entry, { zone: wanted }: WrittenFreeze): string | undefined {
  const isSame = zone === wanted || (from !== undefined && readMoment(from)?.isInstant === true);
  return isSame ? from : undefined;
}

/** Has it been over for a day, whichever zone its end is in? */
function isOver({ until = '' }: Entry, now: number): boolean {
  return (readMoment(until)?.last ?? now) + DAY_MILLIS < now;
}

function isSameScope(one: FreezeScope, other: FreezeScope): boolean {
  const textOf = ({ paths, objects }: FreezeScope) => JSON.stringify([paths, objects]);
  return textOf(one) === textOf(other);
}

function print(entries: readonly (Entry | WrittenFreeze)[]): string {
  const plain = entries.map((entry) => Object.fromEntries(KEYS.map((key) => [key, entry[key]])));
  return `${HEADER}${stringify({ freezes: plain }, { lineWidth: 0, keepUndefined: false })}`;
}
