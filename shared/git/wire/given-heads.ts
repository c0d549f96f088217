import type { ObjectStore } from './object-store.ts';

/** Of so many heads the files are kept. */
const MAX_HEADS = 100;
/** So many of them are told to the host, so that it sends only what is new. */
const MAX_TOLD = 8;
const MIN_SWEEP_BYTES = 8 * 1024 * 1024;

/** Revisions that callers may still ask for, the latest last; of a store that has grown, others are swept out. */
export class GivenHeads {
  readonly #objects: ObjectStore;
  readonly #heads = new Set<string>();
  #sweepAtBytes = MIN_SWEEP_BYTES;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  add(revision: string): void {
    this.#heads.delete(revision);
    this.#heads.add(revision);
    const [oldest] = this.#heads;
    if (this.#heads.size > MAX_HEADS && oldest !== undefined) {
      this.#heads.delete(oldest);
    }
    if (this.#objects.bytes > this.#sweepAtBytes) {
      this.#objects.keep(this.#heads);
      this.#sweepAtBytes = Math.max(MIN_SWEEP_BYTES, 2 * this.#objects.bytes);
    }
  }

  /** Those that a host is told, as their files are here. */
  told(): readonly string[] {
    return [...this.#heads].filter((id) => this.#objects.has(id)).slice(-MAX_TOLD);
  }
}
