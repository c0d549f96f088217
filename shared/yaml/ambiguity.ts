import { isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';

/** Characters of a text that are shown. */
const SHOWN = 50;

/**
 * What go-yaml reads otherwise than YAML 1.2 says, and people do not mean: rather than one of two values there is none.
 *
 * @param text that the node is of
 */
export function findAmbiguity(node: unknown, text: string): string | undefined {
  if ((isMap(node) || isSeq(node)) && node.flow === true) {
    return findInFlow(node, text);
  }
  return isScalar(node) && node.range ? findInScalar(node.type, text.slice(node.range[0], node.range[1])) : undefined;
}

/** What the package yaml itself reads otherwise than YAML says. */
function findInScalar(type: string | undefined, written: string): string | undefined {
  // The value of `|2` with blanks alone would be these blanks.
  const isBlock = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED';
  if (isBlock && /^[|>][-+]?[1-9]/.test(written) && isBlank(written.slice(written.indexOf('\n') + 1))) {
    return 'expected text after an indentation indicator, found blanks alone';
  }
  return type === 'QUOTE_DOUBLE' && /\\\n[ \t]*\n/.test(written)
    ? 'expected text after an escaped end of line, found a blank line'
    : undefined;
}

/** Spaces, and no more than that and ends of lines. */
function isBlank(lines: string): boolean {
  return lines.includes(' ') && lines.trim() === '';
}

/** Within brackets and braces `?` and `:` are indicators to go-yaml wherever they begin a text, and commas belong to a tag. */
function findInFlow(node: YAMLMap | YAMLSeq, text: string): string | undefined {
  const parts = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : node.items;
  for (const part of parts) {
    if (isScalar(part) && part.tag !== undefined && part.source === '') {
      return 'expected a value after a tag within brackets or braces, found none';
    }
    if (isScalar(part) && part.type === 'PLAIN' && part.range) {
      const [start, end] = part.range;
      const shown = text.slice(start, Math.min(end, start + SHOWN));
      if (/^[?:]/.test(shown)) {
        return `${shown} begins with an indicator of YAML: write it in quotes`;
      }
      if (/^:[,[\]{}]/.test(text.slice(end, end + 2))) {
        return `expected a space after ${shown}:`;
      }
    }
  }
  return undefined;
}
