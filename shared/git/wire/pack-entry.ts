import { type Inflate, inflateSync } from 'node:zlib';
import type { ObjectKind } from './object.ts';

/** An object of a pack as it stands there: whole, or how it differs from another. */
export type PackEntry = {
  readonly data: Buffer;
  /** Where the next one begins. */
  readonly next: number;
} & ({ readonly kind: ObjectKind } | { readonly base: BaseKey });

/** Names an object that a delta is made on: by its place in the pack, or by its id. */
export type BaseKey = `at ${number}` | `id ${string}`;

const KINDS: Readonly<Record<number, ObjectKind>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFFSET_DELTA = 6;
const ID_DELTA = 7;
const ID_BYTES = 20;
const MIN_CHUNK_BYTES = 64;

/**
 * Reads the entry that begins at a place of a pack.
 *
 * @param reserve is told how many bytes it says to unpack to, before memory is taken for them; it may throw
 * @see https://git-scm.com/docs/gitformat-pack
 * @throws Error where it is cut short or spoilt
 */
export function readEntry(pack: Buffer, start: number, reserve: (bytes: number) => void): PackEntry {
  let at = start;
  const byte = () => {
    const value = pack[at];
    if (value === undefined) {
      throw new Error('a pack that is cut short');
    }
    at += 1;
    return value;
  };
  const first = byte();
  const type = (first >> 4) & 7;
  let bytes = first & 15;
  for (let more = first, scale = 16; more >= 128; scale *= 128) {
    more = byte();
    bytes += (more & 127) * scale;
  }
  let base: BaseKey = 'at 0';
  if (type === OFFSET_DELTA) {
    let value = byte();
    let distance = value & 127;
    while (value >= 128) {
      value = byte();
      distance = (distance + 1) * 128 + (value & 127);
    }
    base = `at ${start - distance}`;
  } else if (type === ID_DELTA) {
    base = `id ${pack.toString('hex', at, at + ID_BYTES)}`;
    at += ID_BYTES;
  } else if (KINDS[type] === undefined) {
    throw new Error('a pack with an object of no kind');
  }
  reserve(bytes);
  const { data, consumed } = inflate(pack.subarray(at), bytes);
  const kind = KINDS[type];
  return { data, next: at + consumed, ...(kind === undefined ? { base } : { kind }) };
}

function inflate(packed: Buffer, bytes: number): { readonly data: Buffer; readonly consumed: number } {
  const chunkSize = Math.max(MIN_CHUNK_BYTES, bytes + 1);
  const result: unknown = inflateSync(packed, { info: true, chunkSize, maxOutputLength: chunkSize });
  const { buffer, engine } = inflated(result);
  if (buffer.length !== bytes) {
    throw new Error('a pack with an object of another size than it says');
  }
  return { data: buffer, consumed: engine.bytesWritten };
}

/** Types of Node know nothing of `info`. @see https://nodejs.org/api/zlib.html#class-options */
function inflated(result: unknown): { readonly buffer: Buffer; readonly engine: Pick<Inflate, 'bytesWritten'> } {
  if (typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result) {
    const { buffer, engine } = result;
    if (Buffer.isBuffer(buffer) && typeof engine === 'object' && engine !== null && 'bytesWritten' in engine) {
      return { buffer, engine: { bytesWritten: Number(engine.bytesWritten) } };
    }
  }
  throw new Error('zlib does not say what it read');
}
