import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.16 and 4.3.12 */
const END_OF_DIRECTORY = 0x06054b50;
const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_HEADER_BYTES = 46;
const DEFLATED = 8;

/** A file of a zip. */
interface ZippedFile {
  readonly name: string;
  readonly data: Buffer;
}

/** Unpacks a zip into a directory. @throws Error where it is no zip */
export function unzip(zip: Buffer, directory: string): void {
  for (const { name, data } of unzipped(zip)) {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, data);
  }
}

/** The files of a zip, as packagers make them: no encryption, less than 4 GB. @throws Error where it is no zip */
export function* unzipped(zip: Buffer): Generator<ZippedFile> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== END_OF_DIRECTORY) {
    throw new Error('expected a zip, found no directory at its end');
  }
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const method = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 20);
    const nameBytes = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + DIRECTORY_HEADER_BYTES, at + DIRECTORY_HEADER_BYTES + nameBytes);
    const local = zip.readUInt32LE(at + 42);
    const begin = local + LOCAL_HEADER_BYTES + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(begin, begin + size);
    if (!name.endsWith('/')) {
      yield { name, data: method === DEFLATED ? inflateRawSync(data) : data };
    }
    at += DIRECTORY_HEADER_BYTES + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}
