import { isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';

/**
 * What go-yaml reads otherwise than YAML 1.2 says, and people do not mean: rather than one of two values there is none.
 *
 * @param text that the node is of
 */
export function findAmbiguity(node: unknown, text: string): string | undefined {
  if ((isMap(node) || isSeq(node)) && node.flow === true) {
    return findInFlow(node, text);
  }
  // The value of `|2` with blanks alone would be these blanks.
  const [start = 0, end = 0] = (isScalar(node) ? node.range : undefined) ?? [];
  const isBlock = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
  return isBlock && /^[|>][-+]?[1-9].*\n\s* \s*$/.test(text.slice(start, end))
    ? 'expected text after an indentation indicator, found blanks alone'
    : undefined;
}

/** Within brackets and braces `?` and `:` are indicators to go-yaml wherever they begin a text. */
function findInFlow(node: YAMLMap | YAMLSeq, text: string): string | undefined {
  const parts = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : node.items;
  for (const part of parts) {
    if (isScalar(part) && part.type === 'PLAIN' && part.range) {
      const [start, end] = part.range;
      if (/^[?:]/.test(text.slice(start, end))) {
        return `${text.slice(start, end)} begins with an indicator of YAML: write it in quotes`;
      }
      if (/^:[,[\]{}]/.test(text.slice(end, end + 2))) {
        return `expected a space after ${text.slice(start, end + 1)}`;
      }
    }
  }
  return undefined;
}
