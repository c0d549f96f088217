/** One character of a glob: which ones may stand there. */
type CharacterTest = (character: string) => boolean;

/**
 * Globs as Go's `path/filepath.Match` reads them, by which Argo CD Image Updater leaves out tags: `*` any text, `?` any
 * character, `[a-c]` and `[^a-c]` classes, `\` before what stands for itself. A star is widened only while nothing after
 * the next one was matched, so that the time grows with the product of both lengths at most.
 *
 * @returns undefined for a pattern that is none: a class without an end, a backslash before nothing
 * @see https://pkg.go.dev/path/filepath#Match
 */
export function shellGlobTest(pattern: string): ((text: string) => boolean) | undefined {
  const pieces = parse(pattern);
  return pieces && ((text) => matches(pieces, text));
}

function matches(pieces: readonly (CharacterTest | '*')[], text: string): boolean {
  let [at, piece] = [0, 0];
  /** The last star, and how far it reaches. */
  let [star, reach] = [-1, 0];
  while (at < text.length) {
    const test = pieces[piece];
    if (test === '*') {
      [star, reach] = [piece, at];
      piece += 1;
    } else if (test?.(text[at] ?? '') === true) {
      [at, piece] = [at + 1, piece + 1];
    } else if (star === -1) {
      return false;
    } else {
      reach += 1;
      [at, piece] = [reach, star + 1];
    }
  }
  return pieces.slice(piece).every((test) => test === '*');
}

/** A class: `^` turns it round; a `\` is before what stands for itself. */
const CLASS = /\[(?<not>\^|(?!\^))(?<ranges>(?:\\[\s\S]|[^\]\\])+)\]/y;
const RANGE = /(\\[\s\S]|[^-\\])(?:-(\\[\s\S]|[^-\\]))?/y;

function parse(pattern: string): readonly (CharacterTest | '*')[] | undefined {
  const pieces: (CharacterTest | '*')[] = [];
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] ?? '';
    const escaped = character === '\\' ? pattern[at + 1] : character;
    CLASS.lastIndex = at;
    const group = character === '[' ? CLASS.exec(pattern) : null;
    const piece = group === null ? pieceOf(character, escaped) : classOf(group);
    if (piece === undefined) {
      return undefined;
    }
    pieces.push(piece);
    at += group === null ? 1 + Number(character === '\\') : group[0].length;
  }
  return pieces;
}

function pieceOf(character: string, meant: string | undefined): CharacterTest | '*' | undefined {
  if (character === '*') {
    return '*';
  }
  if (character === '?') {
    return () => true;
  }
  return character === '[' || meant === undefined ? undefined : (other) => other === meant;
}

function classOf({ groups = {} }: RegExpExecArray): CharacterTest | undefined {
  const { not, ranges = '' } = groups;
  const pairs: (readonly [least: string, most: string])[] = [];
  for (let at = 0; at < ranges.length; at = RANGE.lastIndex) {
    RANGE.lastIndex = at;
    const [, least, most = least] = RANGE.exec(ranges) ?? [];
    if (least === undefined || most === undefined) {
      return undefined;
    }
    pairs.push([least.at(-1) ?? '', most.at(-1) ?? '']);
  }
  const isIn = (character: string) => pairs.some(([least, most]) => least <= character && character <= most);
  return (character) => isIn(character) === (not === '');
}
