/** What differs in more letters than these is another word. */
const MAX_EDITS = 2;
/** Longer words are not compared: the work grows with the square of their length. */
const MAX_LENGTH = 256;

/**
 * The one of these words that somebody meant who wrote `word`: the one with the fewest letters added, left out, changed
 * or swapped, two at most and fewer than the word is long. Undefined where none is so near.
 */
export function nearMiss(word: string, words: readonly string[]): string | undefined {
  const [nearest] = words
    .map((one) => ({ one, edits: editsBetween(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, edits }) => edits <= MAX_EDITS && edits < Math.min(word.length, one.length))
    .toSorted((a, b) => a.edits - b.edits);
  return nearest?.one;
}

/** `; did you mean semver?`, or nothing where no word is near. */
export function didYouMean(word: string, words: readonly string[]): string {
  const near = nearMiss(word, words);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** The optimal string alignment distance: https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance */
function editsBetween(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > MAX_EDITS || Math.max(from.length, to.length) > MAX_LENGTH) {
    return Number.POSITIVE_INFINITY;
  }
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const changed = from[i - 1] === to[j - 1] ? 0 : 1;
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = i > 1 && j > 1 && isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + changed, swapped));
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? Number.POSITIVE_INFINITY;
}
