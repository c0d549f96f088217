import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deflateSync, type Inflate, inflateSync } from 'node:zlib';
import { applyDelta } from './delta.ts';
import { type GitObject, type ObjectKind, objectId } from './object.ts';

const KINDS: Readonly<Record<number, ObjectKind>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const NUMBERS: Readonly<Record<ObjectKind, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };
const OFFSET_DELTA = 6;
const ID_DELTA = 7;
const HEADER_BYTES = 12;
const CHECKSUM_BYTES = 20;
/** After so many objects, others get their turn. */
const OBJECTS_PER_TURN = 500;
const MIN_CHUNK_BYTES = 64;
/** Of one object; larger ones are not asked for, but a host may send them. */
const MAX_OBJECT_BYTES = 256 * 1024 * 1024;

/** A pack is made on top of an object that is not here. */
export class MissingBaseError extends Error {}

/**
 * The objects of a pack, by their ids.
 *
 * @param known what its deltas may be made on besides
 * @see https://git-scm.com/docs/gitformat-pack
 * @throws {@link MissingBaseError}; Error where it is cut short or spoilt
 */
export async function readPack(
  pack: Buffer,
  known: (id: string) => GitObject | undefined = () => undefined,
): Promise<ReadonlyMap<string, GitObject>> {
  const end = pack.length - CHECKSUM_BYTES;
  if (end < HEADER_BYTES || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) {
    throw new Error('a pack that is none');
  }
  if (!createHash('sha1').update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) {
    throw new Error('a pack that is cut short or spoilt');
  }
  const entries = pack.subarray(0, end);
  const count = pack.readUInt32BE(8);
  const byOffset = new Map<number, GitObject>();
  const byId = new Map<string, GitObject>();
  const waiting: { readonly base: string; readonly delta: Buffer; readonly offset: number }[] = [];
  const keep = (offset: number, object: GitObject) => {
    byOffset.set(offset, object);
    byId.set(objectId(object), object);
  };
  let at = HEADER_BYTES;
  for (let index = 0; index < count; index += 1) {
    const { type, base, data, next } = readEntry(entries, at);
    const kind = KINDS[type];
    const found = typeof base === 'number' ? byOffset.get(base) : (byId.get(base) ?? known(base));
    if (kind !== undefined) {
      keep(at, { kind, content: data });
    } else if (found !== undefined) {
      keep(at, { kind: found.kind, content: applyDelta(found.content, data) });
    } else {
      waiting.push({ base: String(base), delta: data, offset: at });
    }
    at = next;
    if (index % OBJECTS_PER_TURN === OBJECTS_PER_TURN - 1) {
      await nextTurn();
    }
  }
  settle(waiting, byOffset, byId, keep);
  return byId;
}

/** Deltas whose bases come later in the pack. */
function settle(
  waiting: readonly { readonly base: string; readonly delta: Buffer; readonly offset: number }[],
  byOffset: ReadonlyMap<number, GitObject>,
  byId: ReadonlyMap<string, GitObject>,
  keep: (offset: number, object: GitObject) => void,
): void {
  const left = waiting.filter(({ base, delta, offset }) => {
    const known = byId.get(base) ?? byOffset.get(Number(base));
    if (known !== undefined) {
      keep(offset, { kind: known.kind, content: applyDelta(known.content, delta) });
    }
    return known === undefined;
  });
  if (left.length === waiting.length && left.length > 0) {
    throw new MissingBaseError('a pack with a delta of nothing');
  }
  if (left.length > 0) {
    settle(left, byOffset, byId, keep);
  }
}

function readEntry(pack: Buffer, start: number) {
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
  let base: number | string = '';
  if (type === OFFSET_DELTA) {
    let value = byte();
    let distance = value & 127;
    while (value >= 128) {
      value = byte();
      distance = (distance + 1) * 128 + (value & 127);
    }
    base = start - distance;
  } else if (type === ID_DELTA) {
    base = pack.toString('hex', at, at + CHECKSUM_BYTES);
    at += CHECKSUM_BYTES;
  } else if (KINDS[type] === undefined) {
    throw new Error('a pack with an object of no kind');
  }
  const { data, consumed } = inflate(pack.subarray(at), bytes);
  return { type, base, data, next: at + consumed };
}

function inflate(packed: Buffer, bytes: number): { readonly data: Buffer; readonly consumed: number } {
  if (bytes > MAX_OBJECT_BYTES) {
    throw new Error(`an object of more than ${MAX_OBJECT_BYTES} bytes`);
  }
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

/** A pack of a few whole objects. */
export function writePack(objects: readonly GitObject[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('PACK', 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.length, 8);
  const body = Buffer.concat([header, ...objects.flatMap(writeEntry)]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

function writeEntry({ kind, content }: GitObject): readonly Buffer[] {
  const head: number[] = [];
  let byte = (NUMBERS[kind] << 4) | (content.length & 15);
  for (let rest = Math.floor(content.length / 16); rest > 0; rest = Math.floor(rest / 128)) {
    head.push(byte | 128);
    byte = rest & 127;
  }
  head.push(byte);
  return [Buffer.from(head), deflateSync(content)];
}
