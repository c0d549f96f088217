/** Ends a section. @see https://git-scm.com/docs/gitprotocol-common#_pkt_line_format */
export const FLUSH: Buffer = Buffer.from('0000');

/** One line of Git's protocols: its length in hexadecimal, itself included, then the text. */
export function pktLine(text: string): Buffer {
  const body = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body]);
}

/** Where the first section of a reply ends, after its flush; undefined where there is no flush. */
export function endOfSection(bytes: Buffer): number | undefined {
  const section = new SectionEnd();
  section.add(bytes);
  return section.end;
}

/** Finds where the first section of a reply ends that comes in pieces; nothing is looked at twice. */
export class SectionEnd {
  #end: number | undefined;
  /** Of what came before the last piece. */
  #bytes = 0;
  /** Where the next line begins. */
  #next = 0;
  /** What there is of its length where a piece ended within it. */
  #rest: Buffer = Buffer.alloc(0);

  /** Undefined while it has not come. */
  get end(): number | undefined {
    return this.#end;
  }

  /** @throws Error where it is no line of Git's */
  add(piece: Buffer): void {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const first = this.#bytes - this.#rest.length;
    while (this.#end === undefined) {
      const length = lengthAt(bytes, this.#next - first);
      if (length === undefined) {
        break;
      }
      this.#next += Math.max(4, length);
      this.#end = length === 0 ? this.#next : undefined;
    }
    this.#bytes += piece.length;
    this.#rest = Buffer.from(bytes.subarray(Math.max(0, this.#next - first)));
  }
}

/**
 * The lines of a reply, without their lengths; undefined for a flush. They come one by one: a reply may hold a line in
 * every four bytes.
 *
 * @throws Error where it is cut short
 */
export function* readPktLines(bytes: Buffer): Generator<Buffer | undefined> {
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at);
    if (length === undefined || at + length > bytes.length) {
      throw new Error('a reply that is cut short');
    }
    yield length === 0 ? undefined : bytes.subarray(at + 4, at + length);
    at += Math.max(4, length);
  }
}

/** Text without the line feed that it may end with. */
export function textOf(line: Buffer): string {
  return line.toString('utf8').replace(/\n$/, '');
}

/** What came over the bands of a reply: the data, and what is meant for people. */
export interface Bands {
  readonly data: Buffer;
  /** Progress and complaints of the host. */
  readonly words: string;
  /** The host gave up because of this. */
  readonly fatal: string | undefined;
}

const DATA = 1;
const WORDS = 2;
const FATAL = 3;
/** Of what is meant for people. */
const MAX_WORDS_BYTES = 64 * 1024;

/**
 * Takes the bands of a reply apart; lines of no band are passed over.
 *
 * @param reply whose lines these are; the data is moved together where it stands, so that it is not held twice
 * @see https://git-scm.com/docs/gitprotocol-pack#_packfile_data
 */
export function readBands(lines: Iterable<Buffer | undefined>, reply: Buffer): Bands {
  const words = () => new Collected(Buffer.allocUnsafe(Math.min(reply.length, MAX_WORDS_BYTES)));
  const bands = new Map([
    // A line is behind its length and its band: what is read is never behind what is written.
    [DATA, new Collected(reply)],
    [WORDS, words()],
    [FATAL, words()],
  ]);
  for (const line of lines) {
    bands.get(line?.[0] ?? 0)?.add(line?.subarray(1));
  }
  const of = (band: number) => bands.get(band)?.content ?? Buffer.alloc(0);
  const fatal = of(FATAL).toString('utf8').trim();
  return { data: of(DATA), words: of(WORDS).toString('utf8'), fatal: fatal === '' ? undefined : fatal };
}

/** Bytes one after the other, as many as fit. */
class Collected {
  readonly #bytes: Buffer;
  #length = 0;

  constructor(into: Buffer) {
    this.#bytes = into;
  }

  add(part: Buffer | undefined): void {
    this.#length += part?.copy(this.#bytes, this.#length) ?? 0;
  }

  get content(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Undefined where it is not there whole. @throws Error where it is no length */
function lengthAt(bytes: Buffer, at: number): number | undefined {
  if (at + 4 > bytes.length) {
    return undefined;
  }
  const text = bytes.toString('latin1', at, at + 4);
  const length = /^[0-9a-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN;
  if (!(length === 0 || length >= 4)) {
    throw new Error(`an answer that is not Git's (${JSON.stringify(text)})`);
  }
  return length;
}
