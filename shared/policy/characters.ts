/** A set of ASCII characters, one bit for each. Tags have no others. */
export type Characters = bigint;

export const NONE: Characters = 0n;
export const ALL: Characters = (1n << 128n) - 1n;
/** What `.` stands for. */
export const ALL_BUT_LINE_END: Characters = ALL & ~characters('\n');
export const DIGITS: Characters = range('0', '9');
export const WORD: Characters = DIGITS | range('a', 'z') | range('A', 'Z') | characters('_');

export function characters(text: string): Characters {
  return Array.from(text).reduce((all, character) => all | (1n << BigInt(character.charCodeAt(0))), 0n);
}

/** Both ends included. */
export function range(first: string, last: string): Characters {
  const [from, to] = [BigInt(first.charCodeAt(0)), BigInt(last.charCodeAt(0))];
  return (1n << (to + 1n)) - (1n << from);
}

export function not(set: Characters): Characters {
  return ALL & ~set;
}

export function areDisjoint(a: Characters, b: Characters): boolean {
  return (a & b) === NONE;
}
