import type { MinAge } from './min-age.ts';
import type { Rank } from './rank.ts';

/** What is known of one tag of an image. */
export interface TagFacts {
  readonly tag: string;
  /** `sha256:…` of the manifest that the tag points to. */
  readonly digest?: string | undefined;
  /** When the image says it was built, ISO 8601; absent where it does not say (none, the epoch, year 1). */
  readonly created?: string | undefined;
  /**
   * When Sluice or the registry's own clock first saw this digest, ISO 8601; whoever builds it has no say in it. Looked up
   * only where a policy asks for an age.
   */
  readonly seenAt?: string | undefined;
}

/** What stands at a site. Its digest is set only where the site pins one. */
export interface StandingTag extends TagFacts {
  /** The digest of what runs by it, where the site names no version: `latest`, no tag, or a digest alone. */
  readonly pointsTo?: string | undefined;
  /** Why nothing more is known of it: it left the registry, or the registry cannot show it. */
  readonly unknown?: 'gone' | 'unreadable' | undefined;
  /** Of an image that does not say when it was built: when it was there at the latest, since Sluice set it then. ISO 8601. */
  readonly builtBefore?: string | undefined;
}

/** A tag that passes the filter, and is no candidate all the same. */
export interface OmittedTag {
  readonly tag: string;
  readonly because: 'blocked' | 'no-image' | 'not-found' | 'unreadable' | 'too-young';
}

/** Which tags a site accepts and how they rank. A value: no clock, no network. */
export interface Policy {
  /** As people wrote it: `semver:~1.0`. */
  readonly text: string;
  /** Do ranks come from creation times, which have to be looked up? */
  readonly needsCreated: boolean;
  /** Does the time for a tag grow with its length only? Else it runs on an engine that may use up its time for one. */
  readonly isLinear: boolean;
  /** Does it ask for a digest beside the tag, also where none is written? */
  readonly pins: boolean;
  /** How long an image has to have been there; whoever knows when it was first seen heeds it, and `accept` does not. */
  readonly minAge?: MinAge | undefined;
  /**
   * The tags among these that the policy accepts, in the order given.
   *
   * @throws SluiceError `policy-over-budget` where a pattern took too long; nothing matches then
   */
  accept(tags: readonly string[]): readonly string[];
  /**
   * Visits those that `accept` takes, in the order given, each with its rank as `rank` says it: a list is looked through
   * once for both.
   *
   * @throws SluiceError `policy-over-budget`
   */
  match(all: readonly TagFacts[], visit: (facts: TagFacts, rank: Rank | undefined) => void): void;
  /**
   * Why `accept` leaves a tag out; not for one that it accepts.
   *
   * @throws SluiceError `policy-over-budget`
   */
  refusal(tag: string): Refusal;
  /**
   * Those of the tags that the filters let through, and that have no place in its order whatever is known of them: they
   * are no versions, say.
   *
   * @throws SluiceError `policy-over-budget`
   */
  unrankable(tags: readonly string[]): readonly string[];
  /** Is this tag of the policy's own scheme? What stands at a site and is not (`:master` for `semver:~1`) is replaced. */
  ranks(tag: string): boolean;
  /**
   * Where a tag stands in its order; the greatest is preferred. Undefined where it has no place: the age of its image is
   * not known, or it is not of the scheme.
   */
  rank(facts: TagFacts): Rank | undefined;
  /**
   * Ranks two tags of its scheme: positive where `a` is preferred, 0 where it has no preference. A policy by age is
   * given only tags whose age is known.
   */
  compare(a: TagFacts, b: TagFacts): number;
  /** The policy of a site where this tag stands; for those that take steps from it, until that is told. */
  readonly from?: (standing: string | undefined) => Policy;
}

/** Why a policy leaves a tag out, whatever its rank. */
export interface Refusal {
  /** What decided: what is written, or a rule that holds beside every filter. */
  readonly by: 'filter' | 'latest' | 'artifact';
  /** For people: `tag master does not pass semver:~1 (it is no version)`. */
  readonly reason: string;
}

/** What was chosen for a site, and why, as data. */
export type Choice =
  | { readonly action: 'update'; readonly to: TagFacts; readonly reason: string }
  | {
      readonly action: 'keep';
      readonly because: KeepCause;
      readonly reason: string;
      /** Where it is held: when that ends, in milliseconds since the epoch; undefined where somebody has to end it. */
      readonly until?: number | undefined;
      /** What is held, where that is known by then. */
      readonly to?: TagFacts | undefined;
    };

/** Why a site keeps its image. */
export type KeepCause =
  | 'no-match' // no candidate passes the filter
  | 'no-image' // what the tag names is a chart, a cache or a signature, say
  | 'not-found' // the registry does not have the tag that an event named
  | 'unreadable' // the registry has the tag, but cannot show it
  | 'already-current' // the best candidate is what stands there
  | 'not-newer' // the policy ranks every candidate at or below the current tag
  | 'unknown-age' // an image does not say when it was built, and nothing else tells
  | 'held'; // a person, a freeze or an age holds it back
