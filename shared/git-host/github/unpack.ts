import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';
import { SluiceError } from '../../errors.ts';
import { blobId, MAX_FILE_BYTES } from '../manifest-file.ts';

export interface UnpackLimits {
  /** How messages name the repository. */
  readonly subject: string;
  readonly maxBytes: number;
}

/**
 * The content of files of a gzipped tar archive, by blob: those whose content has that id.
 *
 * @param wanted the blob of each path
 * @throws SluiceError `git-refused` for an archive that is larger than that
 */
export async function unpack(
  packed: Readable,
  wanted: ReadonlyMap<string, string>,
  limits: UnpackLimits,
): Promise<ReadonlyMap<string, Buffer>> {
  const unpacked = limited(limits);
  const contents = new Map<string, Buffer>();
  const read = async () => {
    for await (const { header, body } of Readable.toWeb(unpacked).pipeThrough(createTarDecoder({ strict: true }))) {
      // The first folder is named after the repository and its revision.
      const blob = wanted.get(header.name.slice(header.name.indexOf('/') + 1));
      const content =
        blob !== undefined && header.type === 'file' && header.size <= MAX_FILE_BYTES
          ? await readAll(body)
          : await skip(body);
      if (content !== undefined && blobId(content) === blob) {
        contents.set(blob, content);
      }
    }
  };
  await Promise.all([pipeline(packed, createGunzip(), unpacked), read()]);
  return contents;
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

function limited({ subject, maxBytes }: UnpackLimits): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      const expected = `an archive of at most ${maxBytes} bytes`;
      done(
        bytes > maxBytes ? new SluiceError({ code: 'git-refused', subject, expected, found: 'a larger one' }) : null,
        chunk,
      );
    },
  });
}
