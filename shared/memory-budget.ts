/** What can be let go to make room, and is made again when it is needed. */
export interface Releasable {
  release(): void;
}

/**
 * Bounds what many objects hold in memory together: those that were used longest ago let go of it. The one that was used
 * last keeps what it holds, however much that is.
 */
export class MemoryBudget {
  readonly #maxBytes: number;
  /** Those that hold something, the one that was used last at the end. */
  readonly #held = new Map<Releasable, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What they hold by now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Tells that one was used, and how many bytes it holds by now. */
  use(one: Releasable, bytes: number): void {
    this.#forget(one);
    this.#held.set(one, bytes);
    this.#bytes += bytes;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === one) {
        return;
      }
      this.#forget(oldest);
      oldest.release();
    }
  }

  #forget(one: Releasable): void {
    this.#bytes -= this.#held.get(one) ?? 0;
    this.#held.delete(one);
  }
}
