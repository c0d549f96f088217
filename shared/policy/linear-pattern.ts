import { RE2JS } from 're2js';
import { MemoryBudget, type Releasable } from '../memory-budget.ts';

/**
 * For the programs of all patterns in this process, and for the states that their engine remembers: it gives 8 MB to
 * those of each one, and there may be a thousand.
 */
const MAX_BYTES = 32 * 1024 * 1024;
/** An instruction of a program, with what is made of it once to run it. */
const INSTRUCTION_BYTES = 600;
/** The least that a pattern takes. */
const PATTERN_BYTES = 4096;

/** What all patterns hold together. */
export const patternMemory = new MemoryBudget(MAX_BYTES);

/**
 * A regular expression that runs in linear time (RE2). It is compiled anew where others needed the memory since.
 *
 * @see https://github.com/le0pard/re2js
 */
export class LinearPattern implements Releasable {
  readonly #pattern: string;
  readonly #flags: number;
  #compiled: RE2JS | undefined;

  /** @throws Error where RE2 cannot express it */
  constructor(pattern: string, flags = 0) {
    this.#pattern = pattern;
    this.#flags = flags;
    this.#compiled = this.#compile();
    this.#count(this.#compiled);
  }

  /** The texts that it finds itself in. */
  foundIn(texts: readonly string[]): readonly string[] {
    // Not by a matcher: where no groups are asked for, it takes a sixtieth of the time.
    return this.#filter(texts, (compiled, text) => compiled.test(text));
  }

  /** The texts that it is all of. */
  matching(texts: readonly string[]): readonly string[] {
    return this.#filter(texts, (compiled, text) => compiled.testExact(text));
  }

  release(): void {
    this.#compiled = undefined;
  }

  #filter(texts: readonly string[], passes: (compiled: RE2JS, text: string) => boolean): readonly string[] {
    const compiled = this.#compiled ?? this.#compile();
    this.#compiled = compiled;
    const found = texts.filter((text) => passes(compiled, text));
    this.#count(compiled);
    return found;
  }

  #compile(): RE2JS {
    return RE2JS.compile(this.#pattern, this.#flags);
  }

  #count(compiled: RE2JS): void {
    const { maxMem, memBudget } = compiled.re2().dfa;
    const bytes = PATTERN_BYTES + compiled.programSize() * INSTRUCTION_BYTES + maxMem - memBudget;
    patternMemory.use(this, bytes);
  }
}
