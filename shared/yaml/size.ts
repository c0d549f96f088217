import type { CST } from 'yaml';
import { overLimit, type YamlLimits } from './limits.ts';
import { YamlError } from './value.ts';

/**
 * Holds a document to the limits before any recursion goes into it.
 *
 * @param nodes how many the documents before it had
 * @returns that and its own
 * @throws YamlError where it is too deep or too large
 */
export function countNodes(document: CST.Token, nodes: number, limits: YamlLimits): number {
  const waiting: (readonly [CST.Token, number])[] = [[document, 0]];
  let count = nodes;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [token, depth] = next;
    count += 1;
    if (count > limits.maxNodes) {
      throw new YamlError(overLimit(limits, 'maxNodes', 'keys and values'), token.offset);
    }
    if (depth > limits.maxDepth) {
      throw new YamlError(overLimit(limits, 'maxDepth', 'lists and maps within one another'), token.offset);
    }
    for (const below of partsOf(token)) {
      waiting.push([below, depth + 1]);
    }
  }
  return count;
}

function partsOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') {
    return token.value === undefined ? [] : [token.value];
  }
  return 'items' in token ? token.items.flatMap(({ key, value }) => [key, value].filter((one) => one != null)) : [];
}
