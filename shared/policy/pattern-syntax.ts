import { ALL_BUT_LINE_END, type Characters, characters, DIGITS, NONE, not, range, WORD } from './characters.ts';

/**
 * A regular expression as far as RE2 and the built-in engine read it alike, and its time can be told beforehand. What is
 * not here (flags, repeated groups, classes by name, lookaround) is for other engines.
 */
export type PatternNode =
  /** One character of a set, so many times. */
  | { readonly kind: 'set'; readonly set: Characters; readonly least: number; readonly most: number }
  /** `^`, `$`, `\b` */
  | { readonly kind: 'assertion' }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'optional'; readonly item: PatternNode };

export interface PatternSyntax {
  readonly root: PatternNode;
  /** The same pattern, as the built-in engine spells it: without names, which cost it half its speed. */
  readonly source: string;
  /** How many groups it has. */
  readonly groups: number;
  /** The number of each group that has a name. */
  readonly names: ReadonlyMap<string, number>;
  /** Can it be found at the start of a text only? */
  readonly isAnchored: boolean;
}

/** Reads a pattern; undefined where there is more in it than this knows. */
export function parsePattern(pattern: string): PatternSyntax | undefined {
  const reader = new PatternReader(pattern);
  const root = reader.read();
  if (root === undefined) {
    return undefined;
  }
  const isAnchored = root.kind === 'sequence' && pattern.startsWith('^');
  return { root, source: reader.source, groups: reader.groups, names: reader.names, isAnchored };
}

/** Also of what stands for itself in a class: what both engines take with a backslash before it. */
const PUNCTUATION = /^[\^$\\.*+?()[\]{}|/-]$/;
const CLASSES: Readonly<Record<string, Characters>> = { d: DIGITS, D: not(DIGITS), w: WORD, W: not(WORD) };
/** A number that begins with a 0 is none to RE2: `a{02}` is five characters there. */
const QUANTIFIER = /(?:(?<sign>[*+?])|\{(?<least>0|[1-9]\d{0,2})(?<range>,(?<most>0|[1-9]\d{0,2}|))?\})(?<lazy>\??)/y;
const GROUP = /\((?:\?:|\?P?<(?<name>[A-Za-z_]\w*)>)?/y;
const ASCII = /^[ -~]$/;
const MOST_DEPTH = 20;
const NO_END = Number.POSITIVE_INFINITY;

/** Reads by recursive descent. Each method returns undefined where it does not know what stands there. */
class PatternReader {
  readonly names = new Map<string, number>();
  readonly #pattern: string;
  #at = 0;
  #groups = 0;
  /** The pattern so far, without names. */
  #source = '';
  #copied = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): PatternNode | undefined {
    const root = this.#choice();
    return this.#at === this.#pattern.length ? root : undefined;
  }

  get groups(): number {
    return this.#groups;
  }

  /** The pattern without names, once it is read. */
  get source(): string {
    return this.#source + this.#pattern.slice(this.#copied);
  }

  #choice(): PatternNode | undefined {
    const options: PatternNode[] = [];
    do {
      const option = this.#sequence();
      if (option === undefined) {
        return undefined;
      }
      options.push(option);
    } while (this.#take('|'));
    return options.length === 1 ? options[0] : { kind: 'choice', options };
  }

  #sequence(): PatternNode | undefined {
    const items: PatternNode[] = [];
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#next())) {
      const item = this.#next() === '(' ? this.#group() : this.#repeated();
      if (item === undefined) {
        return undefined;
      }
      items.push(item);
    }
    return { kind: 'sequence', items };
  }

  /** A group may be left out (`?`), and not repeated: what it holds after several rounds, engines see differently. */
  #group(): PatternNode | undefined {
    const start = this.#at;
    const [opening = '', name] = this.#match(GROUP) ?? [];
    this.#groups += Number(opening !== '(?:');
    if (name !== undefined) {
      // A second one of that name is for the other engine to refuse.
      this.#depth += this.names.has(name) ? MOST_DEPTH : 0;
      this.names.set(name, this.#groups);
      this.#source += `${this.#pattern.slice(this.#copied, start)}(`;
      this.#copied = this.#at;
    }
    this.#depth += 1;
    const item = this.#next() === '?' || this.#depth > MOST_DEPTH ? undefined : this.#choice();
    this.#depth -= 1;
    if (item === undefined || !this.#take(')')) {
      return undefined;
    }
    const [quantifier] = this.#match(QUANTIFIER) ?? [];
    if (quantifier === undefined) {
      return item;
    }
    return quantifier === '?' || quantifier === '??' ? { kind: 'optional', item } : undefined;
  }

  #repeated(): PatternNode | undefined {
    if (this.#take('^') || this.#take('$') || this.#take(String.raw`\b`)) {
      return '*+?{'.includes(this.#next() || ' ') ? undefined : { kind: 'assertion' };
    }
    const set = this.#set();
    if (set === undefined) {
      return undefined;
    }
    const { groups } = this.#match(QUANTIFIER) ?? {};
    const [least, most] = groups === undefined ? [1, 1] : timesOf(groups);
    return '*+?{'.includes(this.#next() || ' ') || most < least ? undefined : { kind: 'set', set, least, most };
  }

  #set(): Characters | undefined {
    const character = this.#next();
    this.#at += 1;
    if (character === '.') {
      return ALL_BUT_LINE_END;
    }
    if (character === '[') {
      return this.#class();
    }
    if (character === '\\') {
      return this.#escape();
    }
    return ASCII.test(character) && !'*+?{}])'.includes(character) ? characters(character) : undefined;
  }

  #escape(): Characters | undefined {
    const character = this.#next();
    this.#at += 1;
    return CLASSES[character] ?? (PUNCTUATION.test(character) ? characters(character) : undefined);
  }

  #class(): Characters | undefined {
    const isNegated = this.#take('^');
    if (this.#next() === ']') {
      // To RE2 it is the first character of the class, to the built-in engine the end of an empty one.
      return undefined;
    }
    let set = NONE;
    for (let isFirst = true; !this.#take(']'); isFirst = false) {
      const one = this.#classItem(isFirst);
      if (one === undefined) {
        return undefined;
      }
      set |= one;
    }
    return isNegated ? not(set) : set;
  }

  #classItem(isFirst: boolean): Characters | undefined {
    const from = this.#classCharacter(isFirst);
    if (from === undefined || this.#next() !== '-' || this.#pattern[this.#at + 1] === ']') {
      return typeof from === 'string' ? characters(from) : from;
    }
    this.#at += 1;
    const to = this.#classCharacter(false);
    return typeof from === 'string' && typeof to === 'string' && from <= to ? range(from, to) : undefined;
  }

  #classCharacter(isFirst: boolean): string | Characters | undefined {
    const character = this.#next();
    this.#at += 1;
    if (character === '\\') {
      const escaped = this.#next();
      this.#at += 1;
      return CLASSES[escaped] ?? (PUNCTUATION.test(escaped) ? escaped : undefined);
    }
    const isOdd = character === '[' || (character === '-' && !isFirst && this.#next() !== ']');
    return ASCII.test(character) && !isOdd ? character : undefined;
  }

  #next(): string {
    return this.#pattern[this.#at] ?? '';
  }

  #take(text: string): boolean {
    const isThere = this.#pattern.startsWith(text, this.#at);
    this.#at += isThere ? text.length : 0;
    return isThere;
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#pattern) ?? undefined;
    this.#at += match?.[0].length ?? 0;
    return match;
  }
}

function timesOf({
  sign,
  least,
  range: open,
  most,
}: Readonly<Record<string, string | undefined>>): readonly [number, number] {
  if (sign !== undefined) {
    return [Number(sign === '+'), sign === '?' ? 1 : NO_END];
  }
  const fewest = Number(least);
  return [fewest, open === undefined ? fewest : Number(most || NO_END)];
}
