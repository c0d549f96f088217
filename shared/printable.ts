/**
 * What a terminal acts on or does not show: controls (C0, DEL, C1), marks of direction and of no width, tags, separators
 * of lines and paragraphs, halves of characters, and what else Unicode says may be passed over without a sign.
 *
 * @see https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const UNSEEN_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A stranger's text as one field of a line: what a terminal would act on, line ends too, stands there as an escape: `\u202e`. */
export function printable(text: string): string {
  return text.replaceAll(UNSEEN, escaped);
}

/** The same for a text of several lines, which keeps its line ends and tabs. */
export function printableLines(text: string): string {
  return text.replaceAll(UNSEEN_IN_LINES, escaped);
}

/** A line of JSON that says the same, and in which a terminal acts on nothing but its end. */
export function printableJson(line: string): string {
  return line.replaceAll(UNSEEN_IN_LINES, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${hex4(character.charCodeAt(at))}`).join(''),
  );
}

function hex4(code: number): string {
  return code.toString(16).padStart(4, '0');
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code > 0xff_ff) {
    return `\\u{${hex}}`;
  }
  return NAMED[character] ?? (code < 0x1_00 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`);
}
