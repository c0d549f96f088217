import { type Inflate, inflateSync } from 'node:zlib';
import type { ObjectKind } from './object.ts';

/** What stands before an object of a pack: is it there whole, or how it differs from another? */
export type EntryHead = {
  /** Of what it unpacks to, as it says. */
  readonly bytes: number;
  /** Where that begins. */
  readonly dataAt: number;
} & ({ readonly kind: ObjectKind } | { readonly base: BaseKey });

/** Names an object that a delta is made on: by its place in the pack, or by its id. */
export type BaseKey = `at ${number}` | `id ${string}`;

const KINDS: Readonly<Record<number, ObjectKind>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFFSET_DELTA = 6;
const ID_DELTA = 7;
const ID_BYTES = 20;
const MIN_CHUNK_BYTES = 64;

/**
 * Reads the head of the entry that begins at a place of a pack.
 *
 * @see https://git-scm.com/docs/gitformat-pack
 * @throws Error where it is cut short, or of no kind
 */
export function readEntryHead(pack: Buffer, start: number): EntryHead {
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
  const kind = KINDS[type];
  return { bytes, dataAt: at, ...(kind === undefined ? { base } : { kind }) };
}

/**
 * Unpacks an entry, and says where the next one begins.
 *
 * @throws Error where it is cut short or spoilt
 */
export function unpackEntry(
  pack: Buffer,
  { bytes, dataAt }: EntryHead,
): { readonly data: Buffer; readonly next: number } {
  const chunkSize = Math.max(MIN_CHUNK_BYTES, bytes + 1);
  const options = { info: true, chunkSize, maxOutputLength: chunkSize };
  const result: unknown = inflateSync(pack.subarray(dataAt), options);
  const { buffer, engine } = inflated(result);
  if (buffer.length !== bytes) {
    throw new Error('a pack with an object of another size than it says');
  }
  return { data: buffer, next: dataAt + engine.bytesWritten };
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
