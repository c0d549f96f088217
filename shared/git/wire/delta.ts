/**
 * How large the object is that a delta makes, in bytes: known before memory is taken for it.
 *
 * @throws Error where the delta is cut short
 */
export function madeBytes(delta: Buffer): number {
  const reader = new DeltaReader(delta);
  reader.size();
  return reader.size();
}

/**
 * Makes an object from its base and a delta.
 *
 * @see https://git-scm.com/docs/gitformat-pack#_deltified_representation
 * @throws Error where the delta does not fit
 */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  const reader = new DeltaReader(delta);
  if (reader.size() !== base.length) {
    throw new Error('a delta that does not fit');
  }
  const length = reader.size();
  const object = Buffer.allocUnsafe(length);
  let bytes = 0;
  while (!reader.isAtEnd) {
    const { from, offset, count } = reader.command();
    const source = from === 'base' ? base : delta;
    if (count === 0 || offset + count > source.length || bytes + count > length) {
      throw new Error('a delta that does not fit');
    }
    source.copy(object, bytes, offset, offset + count);
    bytes += count;
  }
  if (bytes !== length) {
    throw new Error('a delta that does not fit');
  }
  return object;
}

class DeltaReader {
  readonly #delta: Buffer;
  #at = 0;

  constructor(delta: Buffer) {
    this.#delta = delta;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#delta.length;
  }

  size(): number {
    let bytes = 0;
    for (let scale = 1; ; scale *= 128) {
      const value = this.#byte();
      bytes += (value & 127) * scale;
      if (value < 128) {
        return bytes;
      }
    }
  }

  /** What is to be copied next: a part of the base, or of the delta itself. */
  command(): { readonly from: 'base' | 'delta'; readonly offset: number; readonly count: number } {
    const command = this.#byte();
    if (command >= 128) {
      const offset = this.#sparse(command, 4);
      return { from: 'base', offset, count: this.#sparse(command >> 4, 3) & 0xffffff || 0x10000 };
    }
    const offset = this.#at;
    this.#at += command;
    return { from: 'delta', offset, count: command };
  }

  /** A little-endian number of which only the bytes that are not 0 are there. */
  #sparse(flags: number, bytes: number): number {
    let value = 0;
    for (let index = 0; index < bytes; index += 1) {
      if ((flags >> index) & 1) {
        value += this.#byte() * 256 ** index;
      }
    }
    return value;
  }

  #byte(): number {
    const value = this.#delta[this.#at];
    if (value === undefined) {
      throw new Error('a delta that is cut short');
    }
    this.#at += 1;
    return value;
  }
}
