import { FormIndex } from './form-index.ts';
import { formsOf, SHORTEST_SECRET } from './secret-forms.ts';

/** Takes what is secret out of a text. */
export type Mask = (text: string) => string;

/** What stands in the place of a secret. */
export const MASKED = '***';

/** Where somebody has cut a text short: Go's YAML shows seven characters of a value, and then this. */
const CUT = /…|\.\.\.|$/g;
/** Of a text that ends without a sign of a cut, so much has to be a secret's beginning. */
const LEAST_AT_END = 8;

interface Held {
  readonly now: ReadonlySet<string>;
  /** A late message may quote what was secret before. */
  readonly before: ReadonlySet<string>;
}

/**
 * Knows the secret values of this process, by who brought them, and masks them in texts: wherever one stands, in any of
 * its {@link formsOf forms}, or begins before a cut. What of several secrets overlaps is masked whole.
 */
export class SecretMask {
  readonly #held = new Map<string, Held>();
  /** Forms by value, so that only new values are worked out. */
  #forms: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  /** Undefined where values have changed since. */
  #index: FormIndex | undefined;

  /** Takes these for an owner's values. Those of the time before are masked until the next time. */
  replace(owner: string, values: Iterable<string>): void {
    const now = new Set(values);
    const { now: before } = this.#held.get(owner) ?? NONE;
    if (now.size !== before.size || [...now].some((value) => !before.has(value))) {
      this.#hold(owner, { now, before });
    }
  }

  /** Adds to an owner's values: what it had may be in use still. */
  add(owner: string, values: Iterable<string>): void {
    const { now, before } = this.#held.get(owner) ?? NONE;
    const all = new Set([...now, ...values]);
    if (all.size > now.size) {
      this.#hold(owner, { now: all, before });
    }
  }

  /** A text without secrets; bound, so that it can be handed on. */
  readonly mask: Mask = (text) => {
    if (this.#held.size === 0 || text.length < SHORTEST_SECRET) {
      return text;
    }
    this.#index ??= this.#build();
    const places = this.#index.placesIn(text);
    return places.length === 0 ? text : withoutSpans(text, spansAt(places, text, this.#index));
  };

  #hold(owner: string, held: Held): void {
    this.#held.set(owner, held);
    this.#index = undefined;
  }

  #build(): FormIndex {
    const formsByValue = new Map<string, ReadonlySet<string>>();
    const all = new Set<string>();
    for (const { now, before } of this.#held.values()) {
      for (const value of [...now, ...before]) {
        const forms = this.#forms.get(value) ?? formsOf(value);
        formsByValue.set(value, forms);
        for (const form of forms) {
          all.add(form);
        }
      }
    }
    this.#forms = formsByValue;
    return new FormIndex(all);
  }
}

const NONE: Held = { now: new Set(), before: new Set() };

interface Cut {
  readonly at: number;
  /** So many characters before it have to be a secret's beginning. */
  readonly least: number;
}

type Span = readonly [from: number, to: number];

function spansAt(places: readonly number[], text: string, index: FormIndex): readonly Span[] {
  return [...secretSpans(places, text, index), ...beginningsBeforeCuts(places, text, index)];
}

function secretSpans(places: readonly number[], text: string, index: FormIndex): readonly Span[] {
  return places.flatMap((at) => {
    const length = index.lengthAt(text, at);
    return length > 0 ? [[at, at + length] as const] : [];
  });
}

/** A stranger may write any number of signs of a cut: each place is looked at once, however many follow it. */
function beginningsBeforeCuts(places: readonly number[], text: string, index: FormIndex): readonly Span[] {
  const cuts = [...text.matchAll(CUT)].map(
    ({ index: at, 0: sign }): Cut => ({
      at,
      least: sign === '' ? LEAST_AT_END : SHORTEST_SECRET,
    }),
  );
  const spans: Span[] = [];
  let next = 0;
  for (const from of places) {
    while ((cuts[next]?.at ?? text.length) < from) {
      next += 1;
    }
    // Nothing that begins further away reaches a cut.
    const isNear = (cuts[next]?.at ?? text.length) - from <= index.longest;
    const cut = isNear ? lastFit(cuts, from, from + index.beginningAt(text, from)) : undefined;
    if (cut !== undefined) {
      spans.push([from, cut]);
    }
  }
  return spans;
}

/** The last cut that a beginning reaches, and of which there is enough before it. */
function lastFit(cuts: readonly Cut[], from: number, to: number): number | undefined {
  const last = lastUpTo(cuts, to);
  // A text may end with a sign, and ends besides: it is the end that asks for more.
  return [cuts[last], cuts[last - 1]].find((cut) => cut !== undefined && cut.at - from >= cut.least)?.at;
}

/** Index of the last of these that is at this place or before it; -1 for none. */
function lastUpTo(cuts: readonly Cut[], place: number): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle]?.at ?? 0) <= place) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

function withoutSpans(text: string, spans: readonly Span[]): string {
  let masked = '';
  let end = 0;
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (from > end || (from === end && end === 0)) {
      masked += text.slice(end, from) + MASKED;
    }
    end = Math.max(end, to);
  }
  return spans.length === 0 ? text : masked + text.slice(end);
}
