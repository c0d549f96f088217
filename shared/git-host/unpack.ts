import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';
import { SluiceError } from '../errors.ts';
import type { ContentSize } from './content-size.ts';
import { hasBlobId, MAX_FILE_BYTES } from './manifest-file.ts';

export interface UnpackOptions {
  /** How messages name the repository. */
  readonly subject: string;
  /** Told of the size of each content that is kept; it may throw. */
  readonly size: ContentSize;
  /** Of all that is in the archive; {@link MAX_UNPACKED_BYTES} where it is left out. */
  readonly maxBytes?: number;
}

/** What an archive has of the files that are wanted, by blob. */
export interface Unpacked {
  readonly contents: ReadonlyMap<string, Buffer>;
  /** Those that are larger than is of use. */
  readonly large: ReadonlySet<string>;
}

/** As much as a pack may unpack to. It is not held, but takes its time: some seconds on a function of 512 MB. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;
/** A file of many short lines may grow to twice its size by `eol=crlf`. */
const MAX_ARCHIVED_BYTES = 2 * MAX_FILE_BYTES;

/**
 * The content of files of a gzipped tar archive, as far as it is what Git has: `.gitattributes` leave files out of
 * archives (`export-ignore`), fill them in (`export-subst`) and change the ends of their lines (`eol`).
 *
 * @param wanted the blob of each path
 * @throws SluiceError `git-too-large` for an archive that unpacks to more than that
 */
export async function unpack(
  packed: AsyncIterable<Uint8Array>,
  wanted: ReadonlyMap<string, string>,
  { subject, size, maxBytes = MAX_UNPACKED_BYTES }: UnpackOptions,
): Promise<Unpacked> {
  const unpacked = limited(subject, maxBytes);
  const contents = new Map<string, Buffer>();
  const large = new Set<string>();
  const given = new AbortController();
  const read = async () => {
    for await (const { header, body } of Readable.toWeb(unpacked).pipeThrough(createTarDecoder({ strict: true }))) {
      // The first folder is named after the repository and its revision.
      const blob = wanted.get(header.name.slice(header.name.indexOf('/') + 1));
      const isWanted = blob !== undefined && header.type === 'file';
      if (isWanted && header.size > MAX_ARCHIVED_BYTES) {
        large.add(blob);
      }
      const isRead = isWanted && header.size <= MAX_ARCHIVED_BYTES && !contents.has(blob);
      const original = isRead ? originalOf(await readAll(body), blob) : await skip(body);
      if (original !== undefined && blob !== undefined) {
        size.add(original.length);
        contents.set(blob, original);
      }
    }
  };
  const reading = read().catch((error: unknown) => {
    // Nobody takes the rest: whoever sends it is to stop.
    given.abort(error);
    throw error;
  });
  try {
    await Promise.all([pipeline(packed, createGunzip(), unpacked, { signal: given.signal }), reading]);
  } catch (error) {
    throw given.signal.aborted ? given.signal.reason : error;
  }
  return { contents, large };
}

/** What Git has, of what an archive has; undefined where that cannot be told. */
function originalOf(content: Buffer, blob: string): Buffer | undefined {
  if (hasBlobId(content, blob)) {
    return content;
  }
  // As `eol=crlf` writes it.
  const withoutReturns = Buffer.from(content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return hasBlobId(withoutReturns, blob) ? withoutReturns : undefined;
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** To its end: where one is cancelled, the decoder (0.8) loses the file that it reads ahead, and never goes on. */
async function skip(body: ReadableStream<Uint8Array>): Promise<undefined> {
  for await (const _ of body) {
    // Nobody asked for it.
  }
}

function limited(subject: string, maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      done(bytes > maxBytes ? tooLarge(subject, maxBytes) : null, chunk);
    },
  });
}

function tooLarge(subject: string, maxBytes: number): SluiceError {
  return new SluiceError({
    code: 'git-too-large',
    subject,
    expected: `an archive of at most ${maxBytes} bytes`,
    found: 'a larger one',
    next: 'Keep large files elsewhere, or manifests in a repository of their own.',
  });
}
