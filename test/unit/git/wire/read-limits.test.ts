import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { objectId } from '../../../../shared/git/wire/object.ts';
import { pktLine } from '../../../../shared/git/wire/pkt-line.ts';
import { gzipped, spaces, zeros } from '../../../fixtures/gzip-bombs.ts';
import { type Entry, packOf } from '../../../fixtures/pack-bombs.ts';
import { type Answer, type Read, type Row, readAll } from '../../git-host/readings.ts';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;
/** A function of 512 MB has some 90 at its start. */
const MOST_BYTES = 420 * MEBIBYTE;

const empty: Entry = { kind: 'tree', content: Buffer.alloc(0) };
const commit: Entry = {
  kind: 'commit',
  content: Buffer.from(`tree ${objectId({ kind: 'tree', content: empty.content })}\ncommitter a <a> 1 +0000\n\nx`),
};
const HEAD = objectId({ kind: 'commit', content: commit.content });
/** 100 MiB that cannot be packed, and as many again that can. */
const large = packOf([
  commit,
  empty,
  ...Array.from({ length: 25 }, (): Entry => ({ kind: 'blob', content: randomBytes(4 * MEBIBYTE) })),
  ...Array.from({ length: 25 }, (_, index): Entry => ({ kind: 'blob', content: Buffer.alloc(4 * MEBIBYTE, index) })),
]);

const typed = (type: string, body: Buffer | string): Answer => ({
  status: 200,
  body,
  headers: { 'content-type': `application/x-git-upload-pack-${type}`, 'content-encoding': 'identity' },
});
const packed = (type: string, body: Buffer): Answer => ({
  status: 200,
  body,
  headers: { 'content-type': `application/x-git-upload-pack-${type}` },
});
const REFS = { '/info/refs': typed('advertisement', `${line(`${HEAD} refs/heads/main\0side-band-64k`)}0000`) };

function line(text: string): string {
  return pktLine(text).toString('latin1');
}

/** As much of a pack as fits into each line of the band of data. */
function banded(pack: Buffer): Buffer {
  const lines: Buffer[] = [Buffer.from(line('NAK\n'))];
  for (let at = 0; at < pack.length; at += 65_000) {
    const part = pack.subarray(at, at + 65_000);
    lines.push(Buffer.from(`${(part.length + 5).toString(16).padStart(4, '0')}\x01`, 'latin1'), part);
  }
  return Buffer.concat([...lines, Buffer.from('0000')]);
}

const tooLarge = (expected: string) => ({
  code: 'git-too-large',
  message: expect.stringContaining(
    `: expected ${expected}, found more. Keep large files elsewhere, or manifests in a repository of their own.`,
  ),
});

const ROWS: readonly (Row & { readonly name: string; readonly outcome: unknown })[] = [
  {
    name: 'refs of 1 GiB',
    work: 'head',
    answers: { '/info/refs': packed('advertisement', zeros(GIBIBYTE)) },
    outcome: tooLarge('an answer of at most 33554432 bytes'),
  },
  {
    name: 'a pack of 1 GiB that comes as a few bytes',
    work: 'head',
    answers: { ...REFS, '/git-upload-pack': packed('result', zeros(GIBIBYTE)) },
    outcome: tooLarge('an answer of at most 134217728 bytes'),
  },
  {
    name: 'an error page of 1 GiB',
    work: 'head',
    answers: {
      '/info/refs': { status: 403, body: gzipped('no', spaces(GIBIBYTE)), headers: { 'content-type': 'text/plain' } },
    },
    outcome: { code: 'git-unauthorized', message: expect.stringContaining(': HTTP 403: no. Check the credentials') },
  },
  {
    name: 'a pack of 100 MiB that unpacks to 200',
    work: 'head',
    answers: { ...REFS, '/git-upload-pack': typed('result', banded(large)) },
    outcome: HEAD,
  },
];

let reads: readonly Read[] = [];
beforeAll(async () => {
  reads = await readAll('git', ROWS);
}, 300_000);

for (const [index, { name, outcome }] of ROWS.entries()) {
  test(`${name}: told as what it is, and a function of 512 MB holds it`, () => {
    expect(reads[index]?.outcome).toEqual(outcome);
    expect(reads[index]?.bytes).toBeLessThan(MOST_BYTES);
  });
}
