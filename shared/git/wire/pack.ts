import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { afterOthers } from '../../turns.ts';
import { applyDelta, madeBytes } from './delta.ts';
import { OBJECT_BYTES, PACK_LIMITS, type PackLimits, TooMuchError } from './limits.ts';
import { type GitObject, type ObjectKind, objectId } from './object.ts';
import { type BaseKey, readEntryHead, unpackEntry } from './pack-entry.ts';

const NUMBERS: Readonly<Record<ObjectKind, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };
const HEADER_BYTES = 12;
const CHECKSUM_BYTES = 20;
/** After so much work, others get their turn; what zlib took for each object is given back only then. */
const BYTES_PER_TURN = 1024 * 1024;
const OBJECTS_PER_TURN = 200;
/** What unpacks to more lets other repositories go first. */
const LARGE_BYTES = 4 * 1024 * 1024;

/** A pack is made on top of an object that is not here. */
export class MissingBaseError extends Error {}

/**
 * The objects of a pack, by their ids.
 *
 * @param known what its deltas may be made on besides
 * @see https://git-scm.com/docs/gitformat-pack
 * @throws {@link MissingBaseError}; {@link TooMuchError}; Error where it is cut short or spoilt
 */
export async function readPack(
  pack: Buffer,
  known: (id: string) => GitObject | undefined = () => undefined,
  limits: PackLimits = PACK_LIMITS,
): Promise<ReadonlyMap<string, GitObject>> {
  const end = pack.length - CHECKSUM_BYTES;
  if (end < HEADER_BYTES || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) {
    throw new Error('a pack that is none');
  }
  if (!createHash('sha1').update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) {
    throw new Error('a pack that is cut short or spoilt');
  }
  return new PackReader(known, limits).read(pack.subarray(0, end), pack.readUInt32BE(8));
}

interface Delta {
  readonly data: Buffer;
  readonly offset: number;
}

class PackReader {
  readonly #known: (id: string) => GitObject | undefined;
  readonly #limits: PackLimits;
  readonly #byOffset = new Map<number, GitObject>();
  readonly #byId = new Map<string, GitObject>();
  /** Deltas whose bases come later in the pack, by those. */
  readonly #waiting = new Map<BaseKey, Delta[]>();
  #bytes = 0;
  #turnEnds = BYTES_PER_TURN;
  #ofTurn = 0;

  constructor(known: (id: string) => GitObject | undefined, limits: PackLimits) {
    this.#known = known;
    this.#limits = limits;
  }

  async read(entries: Buffer, count: number): Promise<ReadonlyMap<string, GitObject>> {
    let at = HEADER_BYTES;
    for (let index = 0; index < count; index += 1) {
      const head = readEntryHead(entries, at);
      await this.#reserve(head.bytes);
      const { data, next } = unpackEntry(entries, head);
      if ('kind' in head) {
        await this.#keep(at, { kind: head.kind, content: data });
      } else {
        await this.#addDelta(head.base, { data, offset: at });
      }
      at = next;
    }
    if (this.#waiting.size > 0) {
      throw new MissingBaseError('a pack with a delta of nothing');
    }
    return this.#byId;
  }

  async #addDelta(base: BaseKey, delta: Delta): Promise<void> {
    const found = this.#find(base);
    if (found !== undefined) {
      await this.#keep(delta.offset, await this.#apply(found, delta));
      return;
    }
    const others = this.#waiting.get(base);
    if (others === undefined) {
      this.#waiting.set(base, [delta]);
    } else {
      others.push(delta);
    }
  }

  /** Keeps an object, and what waited for it, and what waited for that. */
  async #keep(offset: number, object: GitObject): Promise<void> {
    const ready = [{ offset, object }];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const base = next.object;
      if (base.kind === 'tree' && base.content.length > this.#limits.maxTreeBytes) {
        throw new TooMuchError(`folders of at most ${this.#limits.maxTreeBytes} bytes of names`);
      }
      const id = objectId(base);
      this.#byOffset.set(next.offset, base);
      this.#byId.set(id, base);
      for (const key of [`at ${next.offset}`, `id ${id}`] as const) {
        for (const delta of this.#waiting.get(key) ?? []) {
          ready.push({ offset: delta.offset, object: await this.#apply(base, delta) });
        }
        this.#waiting.delete(key);
      }
    }
  }

  #find(base: BaseKey): GitObject | undefined {
    const name = base.slice('id '.length);
    return base.startsWith('id ') ? (this.#byId.get(name) ?? this.#known(name)) : this.#byOffset.get(Number(name));
  }

  async #apply(base: GitObject, { data }: Delta): Promise<GitObject> {
    await this.#reserve(madeBytes(data));
    return { kind: base.kind, content: applyDelta(base.content, data) };
  }

  /** Before memory is taken, and time for it: what is large is not begun before others had their turn. */
  async #reserve(bytes: number): Promise<void> {
    this.#bytes += bytes + OBJECT_BYTES;
    if (!(this.#bytes <= this.#limits.maxBytes)) {
      throw new TooMuchError(`a pack that unpacks to at most ${this.#limits.maxBytes} bytes`);
    }
    this.#ofTurn += 1;
    if (this.#bytes > this.#turnEnds || this.#ofTurn > OBJECTS_PER_TURN) {
      this.#ofTurn = 0;
      this.#turnEnds = this.#bytes + BYTES_PER_TURN;
      await (this.#bytes > LARGE_BYTES ? afterOthers() : nextTurn());
    }
  }
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
