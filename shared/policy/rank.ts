/**
 * Where a tag stands in the order of a policy. Ranks are compared part by part, as numbers by value and as texts by their
 * characters; of two that agree as far as the shorter one goes, the longer is the greater.
 */
export type Rank = readonly RankPart[];

/** A whole number beyond 2^53 is a bigint, and only that. Parts at the same place are all numbers or all texts. */
export type RankPart = number | bigint | string;

/** Positive where `a` is the greater. */
export function compareRanks(a: Rank, b: Rank): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const [left, right] = [a[at], b[at]];
    if (left !== right && left !== undefined && right !== undefined) {
      return left > right ? 1 : -1;
    }
  }
  return Math.sign(a.length - b.length);
}

/** A whole number in decimal digits, as exact as it is written. */
export function wholeNumber(digits: string): number | bigint {
  // 2^53 has sixteen digits.
  if (digits.length < 16) {
    return Number(digits);
  }
  const exact = BigInt(digits);
  return exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : exact;
}

/** The rank of a text where the least is preferred. */
export function descending(text: string): Rank {
  // Its end, after which `ab` goes on, is preferred to any character.
  return [...Array.from(text, (character) => -(character.codePointAt(0) ?? 0)), 1];
}
