/**
 * Keeps the beginning and the end of what a process writes, which may be any length: the reason why it failed stands
 * first with some, last with others.
 */
export class BothEnds {
  readonly #bytesEach: number;
  readonly #first: Buffer[] = [];
  #firstBytes = 0;
  #last = Buffer.alloc(0);
  #left = 0;

  /** @param bytesEach of the beginning, and of the end */
  constructor(bytesEach = 32 * 1024) {
    this.#bytesEach = bytesEach;
  }

  add(chunk: Buffer): void {
    const first = chunk.subarray(0, this.#bytesEach - this.#firstBytes);
    if (first.length > 0) {
      this.#first.push(first);
      this.#firstBytes += first.length;
    }
    const last = Buffer.concat([this.#last, chunk.subarray(first.length)]);
    this.#last = last.subarray(Math.max(0, last.length - this.#bytesEach));
    this.#left += last.length - this.#last.length;
  }

  /** What was kept, with a line in the place of what was not. */
  text(): string {
    const gap = this.#left === 0 ? '' : `\n… ${this.#left} bytes left out …\n`;
    return Buffer.concat([...this.#first, Buffer.from(gap), this.#last]).toString('utf8');
  }
}
