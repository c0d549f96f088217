import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { describe, expect, test } from 'vitest';
import { ContentSize } from '../../../shared/git-host/content-size.ts';
import { blobId } from '../../../shared/git-host/manifest-file.ts';
import { unpack } from '../../../shared/git-host/unpack.ts';

const subject = 'repository x';
const MAX_BYTES = 1024 * 1024;

/** What an archive has of these, by blob. */
async function unpacked(archive: Buffer, wanted: ReadonlyMap<string, string>, maxContent = MAX_BYTES) {
  const size = new ContentSize(subject, maxContent);
  return unpack(Readable.from([archive]), wanted, { subject, size, maxBytes: MAX_BYTES });
}

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
    const { contents } = await unpacked(archive, wanted);
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
      const { contents } = await unpacked(await packed(files), blobs);
      expect(contents.size).toBe(wanted.length);
    },
  );

  test('that unpacks to more than the limit: git-too-large', async () => {
    const bomb = await packed({ 'a.yml': '\0'.repeat(MAX_BYTES) });
    expect(bomb.length).toBeLessThan(4096);
    await expect(unpacked(bomb, new Map())).rejects.toMatchObject({
      code: 'git-too-large',
      message:
        'repository x: expected an archive of at most 1048576 bytes, found a larger one. ' +
        'Keep large files elsewhere, or manifests in a repository of their own.',
    });
  });

  test('of wanted files that are larger together than may be: git-too-large, once they are', async () => {
    const archive = await packed({ 'a.yml': 'a'.repeat(600), 'b.yml': 'b'.repeat(600), 'c.yml': 'c'.repeat(600) });
    const wanted = new Map(['a', 'b'].map((name) => [`${name}.yml`, blobOf(name.repeat(600))]));
    expect((await unpacked(archive, wanted, 1200)).contents.size).toBe(2);
    await expect(unpacked(archive, wanted, 1199)).rejects.toMatchObject({
      code: 'git-too-large',
      message:
        'repository x: expected manifests of at most 1199 bytes together, found more. ' +
        'Name the folders of its manifests in sluice.yml.',
    });
  });

  test('gives what Git has of a file whose lines end with CRLF there', async () => {
    const { contents } = await unpacked(
      await packed({ 'a.yml': 'a\r\nb\r\n' }),
      new Map([['a.yml', blobOf('a\nb\n')]]),
    );
    expect(contents.get(blobOf('a\nb\n'))?.toString()).toBe('a\nb\n');
  });

  test('tells of a wanted file that is larger than a manifest may be, whatever of it is read', async () => {
    const archive = await packed({ 'a.yml': 'a'.repeat(2 * 1024 * 1024 + 1) });
    const size = new ContentSize(subject);
    const { contents, large } = await unpack(Readable.from([archive]), new Map([['a.yml', 'x']]), { subject, size });
    expect([contents.size, [...large]]).toEqual([0, ['x']]);
  });

  test.each([
    { name: 'is cut', damage: (archive: Buffer) => archive.subarray(0, archive.length - 20) },
    { name: 'is no archive', damage: () => Buffer.from('<html>') },
    { name: 'is no tar', damage: () => gzipSync(Buffer.alloc(2048, 'x')) },
  ])('that $name fails', async ({ damage }) => {
    const archive = damage(await packed({ 'a.yml': 'a'.repeat(3000) }));
    await expect(unpacked(archive, new Map([['a.yml', '']]))).rejects.toThrow(/./);
  });
});
