import type { TagFacts } from './policy.ts';
import type { Rank } from './rank.ts';

/**
 * What one kind of policy makes of texts: tags, or what a filter takes out of them. A value: no clock, no network. What
 * holds for every kind (filters, `latest`, signatures) is added by `composePolicy`.
 */
export interface Scheme {
  /** Do ranks come from creation times, which have to be looked up? */
  readonly needsCreated: boolean;
  /** Does the time for a text grow with its length only? */
  readonly isLinear: boolean;
  /** Is a tag `latest` no candidate, unless the policy names it alone? A rule of Flux v1. */
  readonly dropsLatest?: boolean;
  /** Does it ask for a digest beside the tag, also where none is written? */
  readonly pins?: boolean;
  /**
   * The texts among these that it accepts, in the order given.
   *
   * @throws SluiceError `policy-over-budget`
   */
  accept(texts: readonly string[]): readonly string[];
  /** Does it accept whatever text there is? */
  readonly takesAny?: boolean;
  /** Why a text is not accepted, for whoever expected it to be; undefined where the policy says it already. */
  noteOn(text: string): string | undefined;
  /** Is this a text that it can rank? Undefined where any text is: then the filters say what is of the scheme. */
  readonly recognises?: (text: string) => boolean;
  /** The rank of a text; the greatest is preferred. Undefined where it has none: no version, no number, no known age. */
  rank(text: string, facts: TagFacts): Rank | undefined;
  /** The scheme where this tag stands at a site; for kinds that take steps from it. Undefined where none stands there. */
  readonly from?: (standing: string | undefined) => Scheme;
}
