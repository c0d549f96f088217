import { YamlError, type YamlFault } from './value.ts';

/**
 * What libyaml does not read: control characters and halves of surrogate pairs. Besides the ends of lines of YAML 1.1
 * that are none in 1.2, where that makes another text: NEL, and U+2028 and U+2029 beside a space.
 */
const UNREADABLE =
  /[^\t\n\r\x20-\x7e\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]|[\u2028\u2029](?=\s)|(?<=\s)[\u2028\u2029]/u;

/**
 * The text of a file: UTF-8, or UTF-16 where a byte-order mark says so. The mark is not part of it.
 *
 * @throws YamlError where the bytes are no such text
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new YamlError(`expected text in ${encoding.toUpperCase()}, found bytes that are none`, 0);
  }
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) {
    return 'utf-16le';
  }
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** A text as the parser takes it: without its byte-order mark, and with `\n` alone at the ends of lines. */
export function normalize(text: string): string {
  return text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
}

/** The first character that no YAML may hold. */
export function findUnreadable(text: string): YamlFault | undefined {
  const found = UNREADABLE.exec(text);
  if (found === null) {
    return undefined;
  }
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return {
    reason: `expected text, found the character U+${code}, which YAML cannot hold as it is`,
    offset: found.index,
  };
}
