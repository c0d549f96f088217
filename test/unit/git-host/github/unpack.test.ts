import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { describe, expect, test } from 'vitest';
import { unpack } from '../../../../shared/git-host/github/unpack.ts';
import { blobId } from '../../../../shared/git-host/manifest-file.ts';

const limits = { subject: 'repository x', maxBytes: 1024 * 1024 };

async function packed(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name: `acme-hello-1234567/${name}`, size: Buffer.byteLength(body) },
    body,
  }));
  return gzipSync(await packTar(entries));
}

const blobOf = (text: string) => blobId(Buffer.from(text));

describe('an archive', () => {
  test('gives what is wanted and has the content of its blob', async () => {
    const archive = await packed({ 'a.yml': 'a', 'skipped.yml': 's'.repeat(5000), 'b.yml': 'another', 'c/c.yml': 'c' });
    const wanted = new Map([
      ['a.yml', blobOf('a')],
      ['b.yml', blobOf('b')],
      ['c/c.yml', blobOf('c')],
      ['d.yml', blobOf('d')],
    ]);
    const contents = await unpack(Readable.from([archive]), wanted, limits);
    expect([...contents].map(([blob, content]) => [blob, content.toString()])).toEqual([
      [blobOf('a'), 'a'],
      [blobOf('c'), 'c'],
    ]);
  });

  test.each([{ wanted: [] }, { wanted: ['1.yml'] }, { wanted: ['0.yml', '49.yml'] }])(
    'is read to its end, whatever of it is wanted ($wanted)',
    async ({ wanted }) => {
      const files = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}.yml`, `${index}`]));
      const blobs = new Map(wanted.map((path) => [path, blobOf(path.replace('.yml', ''))]));
      const contents = await unpack(Readable.from([await packed(files)]), blobs, limits);
      expect(contents.size).toBe(wanted.length);
    },
  );

  test('that unpacks to more than the limit: git-refused', async () => {
    const bomb = await packed({ 'a.yml': '\0'.repeat(limits.maxBytes) });
    expect(bomb.length).toBeLessThan(4096);
    await expect(unpack(Readable.from([bomb]), new Map(), limits)).rejects.toMatchObject({
      code: 'git-refused',
      message: 'repository x: expected an archive of at most 1048576 bytes, found a larger one',
    });
  });

  test.each([
    { name: 'is cut', damage: (archive: Buffer) => archive.subarray(0, archive.length - 20) },
    { name: 'is no archive', damage: () => Buffer.from('<html>') },
    { name: 'is no tar', damage: () => gzipSync(Buffer.alloc(2048, 'x')) },
  ])('that $name fails', async ({ damage }) => {
    const archive = damage(await packed({ 'a.yml': 'a'.repeat(3000) }));
    await expect(unpack(Readable.from([archive]), new Map([['a.yml', '']]), limits)).rejects.toThrow(/./);
  });
});
