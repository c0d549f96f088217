import { ALL, areDisjoint, type Characters, NONE } from './characters.ts';
import type { PatternNode, PatternSyntax } from './pattern-syntax.ts';

/** Of a tag. */
const LONGEST_TEXT = 128;

/**
 * How many steps the built-in engine, which goes back and tries again, takes at most for a text of 128 characters;
 * infinite for what it reads otherwise than RE2.
 *
 * It goes back into a part and on again only where more than one way through the part may be the right one. Of `\d+\.`
 * one way is: the dot is no digit, so that each shorter run of digits fails at once. Of `.*-` any may be. The ways of
 * parts that follow one another multiply; each of them passes over the text once for each part of many lengths.
 */
export function patternCost({ root, isAnchored }: PatternSyntax): number {
  const starts = isAnchored ? 1 : LONGEST_TEXT;
  return starts * waysOf(root, NONE) * (1 + variableParts(root)) * LONGEST_TEXT;
}

/** @param after what may come behind the part, as its first character; none where a match ends there */
function waysOf(node: PatternNode, after: Characters): number {
  if (node.kind === 'assertion') {
    return 1;
  }
  if (node.kind === 'set') {
    const lengths = Math.min(node.most, LONGEST_TEXT) - Math.min(node.least, LONGEST_TEXT) + 1;
    return areDisjoint(node.set, after) ? 1 : lengths;
  }
  if (node.kind === 'sequence') {
    return node.items.reduce((ways, item, at) => ways * waysOf(item, firstOfAll(node.items.slice(at + 1), after)), 1);
  }
  if (node.kind === 'optional') {
    // Engines differ in whether a group that found nothing was there.
    const ways = mayBeEmpty(node.item) ? Number.POSITIVE_INFINITY : waysOf(node.item, after);
    return areDisjoint(firstOf(node.item, NONE), after) ? ways : ways + 1;
  }
  const ways = node.options.map((option) => waysOf(option, after));
  return areApart(node.options) ? Math.max(...ways) : ways.reduce((sum, one) => sum + one, 0);
}

/** Do no two options begin alike, so that at most one of them fits? */
function areApart(options: readonly PatternNode[]): boolean {
  let seen = NONE;
  return options.every((option) => {
    const first = firstOf(option, ALL);
    const isApart = areDisjoint(first, seen);
    seen |= first;
    return isApart;
  });
}

/** What a part may begin with; where it may be empty, what comes after it too. */
function firstOf(node: PatternNode, after: Characters): Characters {
  if (node.kind === 'assertion') {
    return after;
  }
  if (node.kind === 'set') {
    return node.most === 0 ? after : node.set | (node.least === 0 ? after : NONE);
  }
  if (node.kind === 'sequence') {
    return firstOfAll(node.items, after);
  }
  return node.kind === 'optional'
    ? firstOf(node.item, after) | after
    : node.options.reduce((first, option) => first | firstOf(option, after), NONE);
}

function firstOfAll(items: readonly PatternNode[], after: Characters): Characters {
  return items.reduceRight((first, item) => firstOf(item, first), after);
}

function mayBeEmpty(node: PatternNode): boolean {
  if (node.kind === 'set') {
    return node.least === 0;
  }
  if (node.kind === 'sequence') {
    return node.items.every(mayBeEmpty);
  }
  return node.kind === 'choice' ? node.options.some(mayBeEmpty) : true;
}

/** Parts that may be of many lengths. */
function variableParts(node: PatternNode): number {
  if (node.kind === 'set') {
    return Number(node.least !== node.most);
  }
  if (node.kind === 'sequence') {
    return node.items.reduce((sum, item) => sum + variableParts(item), 0);
  }
  if (node.kind === 'choice') {
    return node.options.reduce((sum, option) => sum + variableParts(option), node.options.length);
  }
  return node.kind === 'optional' ? 1 + variableParts(node.item) : 0;
}
