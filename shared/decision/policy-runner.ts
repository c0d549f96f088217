import type { SluiceError } from '../errors.ts';
import { BoundedMap } from '../policy/bounded-map.ts';
import { threadMillis } from '../policy/budget.ts';
import { overBudget } from '../policy/over-budget.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Policy } from '../policy/policy.ts';
import { afterOthers } from '../turns.ts';
import { withVerdicts } from './verdicts.ts';

/** After so much others have their turn; a process that has just begun takes a third of it for its first pattern. */
const TURN_MILLIS = 50;
/** So much is done at a time of what takes long. */
const PIECE_MILLIS = 10;
/** For all tags that one policy is asked about at once. */
const LIST_MILLIS = 1000;
/** Those that answered soon, though their engine may use up its time for one tag. */
const quick = new WeakSet<Policy>();
/** Policies of so many texts are remembered for one list of tags. */
const MAX_REMEMBERED = 20;

/**
 * Runs policies on the only thread: on a few tags at a time, so that others have their turn between, and for so long in
 * all. Times are of the processor.
 */
export class PolicyRunner {
  readonly #late: () => SluiceError;
  readonly #mostMillis: number;
  #usedMillis = 0;
  #turnMillis = 0;
  readonly #prepared = new WeakMap<readonly string[], BoundedMap<string, Promise<Policy>>>();

  /**
   * @param mostMillis for all of them
   * @param late makes the error of those that take longer
   */
  constructor(mostMillis: number, late: () => SluiceError) {
    this.#mostMillis = mostMillis;
    this.#late = late;
  }

  /**
   * A policy that knows its verdicts on these tags, and on what stands at a site: whatever it is asked of them
   * afterwards takes no time.
   *
   * @throws SluiceError `policy-invalid`; `policy-over-budget` where this policy took too long, and what `late` makes
   *   where those of the repository did; the reason of the work's time limit, where that is over
   */
  async prepare(text: string, tags: readonly string[], standing?: string): Promise<Policy> {
    const parsed = await this.run(() => parsePolicy(text));
    const policy = parsed.from?.(standing) ?? parsed;
    const remembered = tags.length > 1 ? this.#rememberedOf(tags) : new BoundedMap<string, Promise<Policy>>(1);
    const key = policy === parsed ? text : [text, standing].join('\n');
    const prepared = await remembered.getOrMake(key, async () => this.#judge(policy, tags));
    if (standing !== undefined) {
      await this.run(() => prepared.ranks(standing), policy.isLinear);
    }
    return prepared;
  }

  /**
   * Does a piece of work for a policy, and counts its time.
   *
   * @param isShort may it be done before others have their turn?
   */
  async run<T>(piece: () => T, isShort = true): Promise<T> {
    if (!isShort || this.#turnMillis > TURN_MILLIS) {
      await afterOthers();
      this.#turnMillis = 0;
    }
    if (this.#usedMillis > this.#mostMillis) {
      throw this.#late();
    }
    const before = threadMillis();
    try {
      return piece();
    } finally {
      const millis = threadMillis() - before;
      this.#usedMillis += millis;
      this.#turnMillis += millis;
    }
  }

  #rememberedOf(tags: readonly string[]): BoundedMap<string, Promise<Policy>> {
    const known = this.#prepared.get(tags) ?? new BoundedMap<string, Promise<Policy>>(MAX_REMEMBERED);
    this.#prepared.set(tags, known);
    return known;
  }

  /** As many tags at a time as are done in half a piece's time, or one. */
  async #judge(policy: Policy, tags: readonly string[]): Promise<Policy> {
    const accepted = new Set<string>();
    let usedMillis = 0;
    for (let [at, count] = [0, 1]; at < tags.length; ) {
      if (usedMillis > LIST_MILLIS) {
        throw overBudget({ ...policy, tags: tags.length, answered: at, budgetMillis: LIST_MILLIS });
      }
      const some = tags.slice(at, at + count);
      const millis = await this.run(() => {
        const before = threadMillis();
        for (const tag of policy.accept(some)) {
          accepted.add(tag);
        }
        return threadMillis() - before;
      }, policy.isLinear || quick.has(policy));
      usedMillis += millis;
      if (millis < PIECE_MILLIS) {
        quick.add(policy);
      }
      at += some.length;
      count = millis < PIECE_MILLIS / 2 ? count * 2 : Math.max(1, Math.floor((count * PIECE_MILLIS) / (2 * millis)));
    }
    return withVerdicts(policy, tags, accepted);
  }
}
