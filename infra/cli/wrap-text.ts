/** What a terminal shows in one line, if nobody made it wider. */
export const TERMINAL_WIDTH = 80;

/**
 * Breaks a line at its spaces, so that each part fits; a word that is longer, a URL say, has a line of its own.
 *
 * @param indent before each part but the first
 */
export function wrapText(line: string, indent: string, width = TERMINAL_WIDTH): string {
  const [, lead = '', text = ''] = /^(\s*)(.*)$/s.exec(line) ?? [];
  const parts: string[] = [];
  let part = '';
  // Several spaces in the middle are columns, and stay.
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    const before = parts.length === 0 ? lead : indent;
    if (part !== '' && before.length + part.length + 1 + word.length > width) {
      parts.push(before + part);
      part = word;
    } else {
      part = part === '' ? word : `${part} ${word}`;
    }
  }
  return [...parts, (parts.length === 0 ? lead : indent) + part].join('\n');
}
