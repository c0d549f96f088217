import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

let written = 0;

/** Writes a blob as `git hash-object -w --stdin` does, and gives its id. */
export function writeBlob(directory: string, content: Buffer): string {
  const object = Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]);
  const id = createHash('sha1').update(object).digest('hex');
  const file = join(directory, 'objects', id.slice(0, 2), id.slice(2));
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    written += 1;
    const fresh = `${file}.${process.pid}-${written}`;
    writeFileSync(fresh, deflateSync(object, { level: 1 }), { mode: 0o444 });
    renameSync(fresh, file);
  }
  return id;
}
