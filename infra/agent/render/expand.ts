/** A text with its variables filled in. With faults it is not to be used: nothing is filled in by halves. */
export interface Expanded {
  readonly text: string;
  /** It was one variable and nothing else. */
  readonly isWhole: boolean;
  readonly faults: readonly string[];
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is what users write
const FORMS = '${NAME}, ${NAME:=default} or ${NAME:-default}; $${ stands for ${';
const OPEN = '${';
/** Defaults within defaults. */
const MAX_DEPTH = 16;
/** Characters of a fault that are shown. */
const SHOWN = 50;

/**
 * Fills variables into a text. A default may have variables of its own, which need a value only where the default
 * does; what is filled in is not looked at again.
 *
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): Expanded {
  return new Expansion(text, variables).all();
}

class Expansion {
  readonly #text: string;
  readonly #variables: ReadonlyMap<string, string>;
  readonly #faults: string[] = [];
  #at = 0;
  #isBroken = false;

  constructor(text: string, variables: ReadonlyMap<string, string>) {
    this.#text = text;
    this.#variables = variables;
  }

  all(): Expanded {
    let [filled, wholes] = ['', 0];
    for (let start = this.#next(OPEN); start !== -1; start = this.#next(OPEN)) {
      const isEscaped = start > this.#at && this.#text[start - 1] === '$';
      filled += this.#text.slice(this.#at, isEscaped ? start - 1 : start);
      this.#at = start;
      if (isEscaped) {
        filled += OPEN;
        this.#at += OPEN.length;
      } else {
        filled += this.#reference(true, 0);
        wholes += start === 0 && this.#at === this.#text.length ? 1 : 0;
      }
    }
    return { text: filled + this.#text.slice(this.#at), isWhole: wholes === 1, faults: this.#faults };
  }

  /** @param isUsed without it, a variable that is missing is no fault */
  #reference(isUsed: boolean, depth: number): string {
    const start = this.#at;
    NAME.lastIndex = start + OPEN.length;
    const [name = ''] = NAME.exec(this.#text) ?? [];
    this.#at = start + OPEN.length + name.length;
    const value = this.#variables.get(name);
    if (name !== '' && this.#text[this.#at] === '}') {
      this.#at += 1;
      if (isUsed && value === undefined) {
        this.#faults.push(`variable ${name} has no value and no default`);
      }
      return value ?? '';
    }
    const hasDefault = name !== '' && [':=', ':-'].includes(this.#text.slice(this.#at, this.#at + 2));
    if (!hasDefault || depth === MAX_DEPTH) {
      return this.#fault(start);
    }
    this.#at += 2;
    const fallback = this.#default(start, isUsed && !value, depth + 1);
    return value || fallback;
  }

  #default(start: number, isUsed: boolean, depth: number): string {
    let filled = '';
    for (;;) {
      const end = this.#next('}');
      const inner = this.#next(OPEN);
      // Whether `$${` within a default is text or a variable its readers do not agree on.
      if (end === -1 || (inner !== -1 && inner < end && this.#text[inner - 1] === '$')) {
        return this.#fault(start);
      }
      const stop = inner !== -1 && inner < end ? inner : end;
      filled += this.#text.slice(this.#at, stop);
      this.#at = stop;
      if (stop === end) {
        this.#at += 1;
        return filled;
      }
      filled += this.#reference(isUsed, depth);
    }
  }

  /** Says what is wrong with the variable that begins there. What follows it has no meaning, and ends the text. */
  #fault(start: number): string {
    if (!this.#isBroken) {
      const end = this.#text.indexOf('}', start);
      const whole = this.#text.slice(start, end === -1 ? undefined : end + 1);
      this.#faults.push(`${whole.slice(0, SHOWN)}: expected ${FORMS}`);
    }
    this.#isBroken = true;
    this.#at = this.#text.length;
    return '';
  }

  #next(mark: string): number {
    return this.#text.indexOf(mark, this.#at);
  }
}
