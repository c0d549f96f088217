/** A cache of small JSON values. Losing all of it loses nothing but time. */
export interface Cache {
  /** The value, or undefined where there is none or it has expired. Never throws for a cache that is out of reach. */
  get(key: string): Promise<unknown>;
  /** Keeps a JSON value for so many seconds. Never throws for a cache that is out of reach. */
  set(key: string, value: unknown, ttlSeconds: number): Promise<void>;
  /**
   * Keeps what `change` makes of the value that is there; of undefined where there is none or it has expired. Of two at
   * once neither is lost. Where the value cannot be read, nothing is written. Never throws for a cache that is out of
   * reach.
   *
   * @param change may be asked more than once
   */
  update(key: string, change: (before: unknown) => unknown, ttlSeconds: number): Promise<void>;
}
