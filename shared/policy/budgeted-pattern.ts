import { type Context, createContext, Script } from 'node:vm';
import { messageOf, type SluiceError } from '../errors.ts';
import { BoundedMap } from './bounded-map.ts';
import { withinBudget } from './budget.ts';
import { overBudget } from './over-budget.ts';
import type { Captures, Pattern } from './pattern.ts';
import { policyInvalid } from './policy-invalid.ts';

/** Of the processor, for all tags that a policy is asked about at once, on the engine that can take exponential time. */
const BUDGET_MILLIS = 100;
/** So few tags that it is the pattern that takes the time, and not their number. */
const FEW_TAGS = 10;
/** A pattern that took all of its time so often for few tags is not run again. */
const MAX_STRIKES = 3;
/** Of all patterns. */
const MAX_VERDICTS = 1000;

type Verdict = { readonly found: readonly (Captures | undefined)[] } | { readonly error: SluiceError };

/** By the text of the policy, the pattern and the tags. */
const verdicts = new BoundedMap<string, Verdict>(MAX_VERDICTS);

/** Of the pattern that ran last: what it found in so many texts at most. */
const MAX_REMEMBERED = 20_000;
let last: { readonly pattern: BudgetedPattern; readonly found: Map<string, Captures | undefined> } | undefined;

/** A regular expression that runs on the built-in engine, inside a time budget for the whole list of texts. */
export class BudgetedPattern implements Pattern {
  readonly isLinear = false;
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  readonly #policy: string;
  readonly #pattern: string;
  #strikes = 0;

  /** @throws SluiceError `policy-invalid` for what this engine does not take either */
  constructor(policy: string, pattern: string) {
    this.#policy = policy;
    this.#pattern = pattern;
    requireCharacters(policy, pattern);
    const { groups, names } = groupsOf(policy, pattern);
    this.groups = groups;
    this.names = names;
  }

  foundIn(texts: readonly string[]): readonly string[] {
    const found = this.capturesIn(texts);
    return texts.filter((_, at) => found[at] !== undefined);
  }

  capturesIn(texts: readonly string[]): readonly (Captures | undefined)[] {
    if (this.#strikes >= MAX_STRIKES) {
      throw this.#tookItsTime(texts, undefined);
    }
    const known = last?.pattern === this ? last.found : undefined;
    if (known !== undefined && texts.every((text) => known.has(text))) {
      // A list is looked through at once, and then each tag of it is ranked: the way into the sandbox is long.
      return texts.map((text) => known.get(text));
    }
    // Many sites ask about the same tag, each of them more than once.
    const verdict =
      texts.length > FEW_TAGS
        ? this.#run(texts)
        : verdicts.getOrMake([this.#policy, this.#pattern, ...texts].join('\n'), () => this.#run(texts));
    if ('error' in verdict) {
      throw verdict.error;
    }
    return verdict.found;
  }

  #run(texts: readonly string[]): Verdict {
    try {
      const found = runInSandbox(this.#pattern, texts);
      this.#remember(texts, found);
      return { found };
    } catch (cause) {
      this.#strikes += texts.length <= FEW_TAGS ? 1 : 0;
      return { error: this.#tookItsTime(texts, cause) };
    }
  }

  #remember(texts: readonly string[], found: readonly (Captures | undefined)[]): void {
    const isFull = (last?.found.size ?? 0) + texts.length > MAX_REMEMBERED;
    last = last?.pattern === this && !isFull ? last : { pattern: this, found: new Map() };
    for (const [at, text] of texts.slice(0, MAX_REMEMBERED).entries()) {
      last.found.set(text, found[at]);
    }
  }

  #tookItsTime({ length: tags }: readonly string[], cause: unknown): SluiceError {
    return overBudget({ text: this.#policy, isLinear: false, tags, answered: 0, budgetMillis: BUDGET_MILLIS, cause });
  }
}

/** Unicode mode refuses what it does not know: without it `\A` would be the letter A. */
const FLAGS = 'u';

/** A class, as this engine reads it, or what is escaped. */
const CLASS = /\\[\s\S]|\[\^?(?:\\[\s\S]|[^\]\\])*\]/g;

/**
 * `[^]` is any character to this engine alone; to others a `]` there is the first one of a class. Whoever wrote it has
 * forgotten the rest, or means what would match more.
 *
 * @throws SluiceError `policy-invalid`
 */
function requireCharacters(policy: string, pattern: string): void {
  const empty = pattern.match(CLASS)?.find((one) => one === '[]' || one === '[^]');
  if (empty !== undefined) {
    throw noExpression(policy, 'a class without characters');
  }
}

/** Names stand in the order of their groups, but those between have none: each is looked for by what it holds. */
function groupsOf(policy: string, pattern: string): Pick<Pattern, 'groups' | 'names'> {
  try {
    RegExp(pattern, FLAGS);
    // It takes the empty text too, so that its groups are told.
    const found = new RegExp(`${pattern}|`, FLAGS).exec('');
    const { groups = {} } = found ?? {};
    const opening = /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?!\?)|\(\?<(?![=!])(?<name>[^>]+)>/g;
    const all = [...pattern.matchAll(opening)].filter(([text]) => text.startsWith('('));
    const names = new Map(
      all.flatMap((match, at) => {
        const name = match.groups?.['name'];
        return name !== undefined && name in groups ? [[name, at + 1] as const] : [];
      }),
    );
    return { groups: (found?.length ?? 1) - 1, names };
  } catch (cause) {
    throw noExpression(policy, messageOf(cause), cause);
  }
}

function noExpression(policy: string, found: string, cause?: unknown): SluiceError {
  return policyInvalid(policy, 'a regular expression', found, cause);
}

const RUN = new Script(
  '((regexp) => { found = texts.map((text) => regexp.exec(text) ?? undefined); })(new RegExp(pattern, flags))',
);
const sandbox: { pattern: string; flags: string; texts: readonly string[]; found: readonly (Captures | undefined)[] } =
  { pattern: '', flags: FLAGS, texts: [], found: [] };
let context: Context | undefined;

/** The engine's time is limited by running it as a script. One context is kept: making it takes a millisecond. */
function runInSandbox(pattern: string, texts: readonly string[]): readonly (Captures | undefined)[] {
  const where = context ?? createContext(sandbox);
  context = where;
  Object.assign(sandbox, { pattern, texts, found: [] });
  withinBudget(BUDGET_MILLIS, (timeout) => RUN.runInContext(where, { timeout }));
  const { found } = sandbox;
  sandbox.found = [];
  return found;
}
