/** A map that forgets what was used longest ago, so that it never holds more than a number of entries. */
export class BoundedMap<K, V> {
  readonly #maxEntries: number;
  readonly #entries = new Map<K, V>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** The value of a key, made where it is not known. */
  getOrMake(key: K, make: () => V): V {
    const known = this.#entries.get(key);
    const value = known ?? make();
    // At its end, as the latest.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#maxEntries && oldest !== undefined) {
      this.#entries.delete(oldest);
    }
    return value;
  }
}
