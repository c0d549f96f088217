/** Ends a section. @see https://git-scm.com/docs/gitprotocol-common#_pkt_line_format */
export const FLUSH: Buffer = Buffer.from('0000');

/** One line of Git's protocols: its length in hexadecimal, itself included, then the text. */
export function pktLine(text: string): Buffer {
  const body = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body]);
}

/** Where the section that begins at `from` ends, after its flush; undefined where there is no flush yet. */
export function endOfSection(bytes: Buffer, from = 0): number | undefined {
  for (let at = from; ; ) {
    const length = lengthAt(bytes, at);
    if (length === undefined || at + Math.max(4, length) > bytes.length) {
      return undefined;
    }
    at += Math.max(4, length);
    if (length === 0) {
      return at;
    }
  }
}

/** The lines of a reply, without their lengths; undefined for a flush. @throws Error where it is cut short */
export function readPktLines(bytes: Buffer): readonly (Buffer | undefined)[] {
  const lines: (Buffer | undefined)[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at);
    if (length === undefined || at + length > bytes.length) {
      throw new Error('a reply that is cut short');
    }
    lines.push(length === 0 ? undefined : bytes.subarray(at + 4, at + length));
    at += Math.max(4, length);
  }
  return lines;
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

/** @see https://git-scm.com/docs/gitprotocol-pack#_packfile_data */
export function readBands(lines: readonly (Buffer | undefined)[]): Bands {
  const of = (band: number) => Buffer.concat(lines.flatMap((line) => (line?.[0] === band ? [line.subarray(1)] : [])));
  const fatal = of(3).toString('utf8').trim();
  return { data: of(1), words: of(2).toString('utf8'), fatal: fatal === '' ? undefined : fatal };
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
