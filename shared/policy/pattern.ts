/** What a pattern found: the whole of it first, then what its groups hold. */
export type Captures = readonly (string | undefined)[];

/** A compiled regular expression. */
export interface Pattern {
  /** Does the time for a text grow with its length only? */
  readonly isLinear: boolean;
  /** How many groups it has. */
  readonly groups: number;
  /** The number of each group that has a name. */
  readonly names: ReadonlyMap<string, number>;
  /**
   * The texts that it finds itself in.
   *
   * @throws SluiceError `policy-over-budget`
   */
  foundIn(texts: readonly string[]): readonly string[];
  /**
   * What it found in each of the texts; undefined for those that it is not found in.
   *
   * @throws SluiceError `policy-over-budget`
   */
  capturesIn(texts: readonly string[]): readonly (Captures | undefined)[];
}
