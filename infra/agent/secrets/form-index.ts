import { SHORTEST_SECRET } from './secret-forms.ts';

const ASCII = 128;
/** As many as there are of two characters of ASCII; others share theirs. */
const PAIRS = ASCII * ASCII;

/**
 * Finds which of many texts stands at a place of another one. Its time for a place grows with the logarithm of their
 * number, and most places are passed over by what they begin with: thousands of values in a thousand messages are
 * found in a moment, whatever they are.
 */
export class FormIndex {
  readonly #sorted: readonly string[];
  /** Of each the longest that it begins with; -1 for none. */
  readonly #within: Int32Array;
  readonly #starts: ReadonlySet<string>;
  /** By two characters: does any begin with them? Almost all places of a text are told by that alone. */
  readonly #pairs = new Uint8Array(PAIRS);
  readonly #longest: number;

  /** @param forms of {@link SHORTEST_SECRET} characters and more */
  constructor(forms: ReadonlySet<string>) {
    this.#sorted = [...forms].toSorted((a, b) => (a < b ? -1 : 1));
    this.#within = new Int32Array(this.#sorted.length).fill(-1);
    this.#starts = new Set(this.#sorted.map((form) => form.slice(0, SHORTEST_SECRET)));
    for (const start of this.#starts) {
      this.#pairs[pairOf(start.charCodeAt(0), start.charCodeAt(1))] = 1;
    }
    this.#longest = this.#sorted.reduce((most, { length }) => Math.max(most, length), 0);
    const open: number[] = [];
    for (const [index, form] of this.#sorted.entries()) {
      while (open.length > 0 && !form.startsWith(this.#sorted[open.at(-1) ?? 0] ?? '')) {
        open.pop();
      }
      this.#within[index] = open.at(-1) ?? -1;
      open.push(index);
    }
  }

  /** Most characters of a form. */
  get longest(): number {
    return this.#longest;
  }

  /** The places of a text where one stands or begins, in order: nothing is found at any other. */
  placesIn(text: string): readonly number[] {
    const places: number[] = [];
    const pairs = this.#pairs;
    const last = text.length - SHORTEST_SECRET;
    let first = text.charCodeAt(0);
    for (let at = 0; at <= last; at += 1) {
      const second = text.charCodeAt(at + 1);
      if (pairs[pairOf(first, second)] === 1 && this.#starts.has(text.slice(at, at + SHORTEST_SECRET))) {
        places.push(at);
      }
      first = second;
    }
    return places;
  }

  /** Length of the longest that stands at this place of a text, one of `placesIn`; 0 where none does. */
  lengthAt(text: string, at: number): number {
    let index = this.#firstAfter(text.slice(at, at + this.#longest)) - 1;
    // What stands there is that one, or one that it begins with.
    while (index >= 0 && !text.startsWith(this.#sorted[index] ?? '', at)) {
      index = this.#within[index] ?? -1;
    }
    return index < 0 ? 0 : (this.#sorted[index]?.length ?? 0);
  }

  /** How many characters at this place of a text, one of `placesIn`, are the beginning of one. */
  beginningAt(text: string, at: number): number {
    const here = text.slice(at, at + this.#longest);
    const after = this.#firstAfter(here);
    // No other shares more with it than its neighbours in order.
    return Math.max(commonLength(this.#sorted[after - 1], here), commonLength(this.#sorted[after], here));
  }

  /** Index of the first that comes after a text in order. */
  #firstAfter(text: string): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? '') <= text) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/** Index of two characters among all such pairs. */
function pairOf(first: number, second: number): number {
  return (first * ASCII + second) % PAIRS;
}

function commonLength(form = '', text = ''): number {
  let length = 0;
  while (length < form.length && form.charCodeAt(length) === text.charCodeAt(length)) {
    length += 1;
  }
  return length;
}
