import { RE2JS } from 're2js';
import { MemoryBudget, type Releasable } from '../memory-budget.ts';
import type { Captures, Pattern } from './pattern.ts';

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
export class LinearPattern implements Pattern, Releasable {
  readonly isLinear = true;
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  readonly #pattern: string;
  #compiled: RE2JS | undefined;

  /** @throws Error where RE2 cannot express it */
  constructor(pattern: string) {
    this.#pattern = pattern;
    const compiled = this.#compile();
    this.groups = compiled.groupCount();
    this.names = new Map(Object.entries(compiled.namedGroups()));
    this.#compiled = compiled;
    this.#count(compiled);
  }

  foundIn(texts: readonly string[]): readonly string[] {
    // Not by a matcher: where no groups are asked for, it takes a sixtieth of the time.
    return this.#run((compiled) => texts.filter((text) => compiled.test(text)));
  }

  capturesIn(texts: readonly string[]): readonly (Captures | undefined)[] {
    return this.#run((compiled) => texts.map((text) => (compiled.test(text) ? capturesOf(compiled, text) : undefined)));
  }

  release(): void {
    this.#compiled = undefined;
  }

  #run<T>(work: (compiled: RE2JS) => T): T {
    const compiled = this.#compiled ?? this.#compile();
    this.#compiled = compiled;
    const result = work(compiled);
    this.#count(compiled);
    return result;
  }

  #compile(): RE2JS {
    return RE2JS.compile(this.#pattern);
  }

  #count(compiled: RE2JS): void {
    const { maxMem, memBudget } = compiled.re2().dfa;
    const bytes = PATTERN_BYTES + compiled.programSize() * INSTRUCTION_BYTES + maxMem - memBudget;
    patternMemory.use(this, bytes);
  }
}

function capturesOf(compiled: RE2JS, text: string): Captures {
  const matcher = compiled.matcher(text);
  matcher.find();
  return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
}
