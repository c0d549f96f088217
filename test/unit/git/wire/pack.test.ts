import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type GitObject, objectId } from '../../../../shared/git/wire/object.ts';
import { readPack, writePack } from '../../../../shared/git/wire/pack.ts';
import { besideOthers } from '../../../../shared/turns.ts';
import { bareRepository } from '../../../contract/bare-repository.ts';
import { copying, type Entry, packOf } from '../../../fixtures/pack-bombs.ts';

const BYTES = [0, 1, 15, 16, 127, 128, 2047, 2048, 65_536, 300_000];

test.each(BYTES)('reads what it wrote, of an object of %i bytes', async (bytes) => {
  const object: GitObject = { kind: 'blob', content: randomBytes(bytes) };
  const other: GitObject = { kind: 'commit', content: Buffer.from('tree x') };
  const read = await readPack(writePack([other, object]));
  expect([...read]).toEqual([
    [objectId(other), other],
    [objectId(object), object],
  ]);
});

test.each([
  { name: 'deltas by offset', options: [] },
  { name: 'deltas by name', options: ['-c', 'repack.useDeltaBaseOffset=false'] },
])('reads what git packed, $name, as git itself does', { timeout: 30_000 }, async ({ options }) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-pack-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const text = (round: number) =>
    Array.from({ length: 4000 }, (_, line) => `line ${line} ${(line * 7919) % (round + 97)}\n`).join('');
  const bare = bareRepository(join(directory, 'a.git'), [{ path: 'a.yml', content: text(0) }]);
  for (let round = 1; round < 12; round += 1) {
    bare.commit([
      { path: 'a.yml', content: text(round % 4) + text(0) },
      { path: `b${round}.yml`, content: 'x' },
    ]);
  }
  bare.git(...options, 'repack', '-a', '-d', '-f', '--quiet', '--depth=10');
  const packs = join(bare.path, 'objects', 'pack');
  const name = readdirSync(packs).find((one) => one.endsWith('.pack')) ?? '';
  const read = await readPack(readFileSync(join(packs, name)));
  const listed = bare.git('cat-file', '--batch-all-objects', '--batch-check').trim().split('\n');
  const found = [...read].map(([id, { kind, content }]) => `${id} ${kind} ${content.length}`);
  expect(found.toSorted()).toEqual(listed.toSorted());
  expect([...read].filter(([id, object]) => objectId(object) !== id)).toEqual([]);
  expect(bare.git('verify-pack', '-v', join(packs, name))).toContain('chain length = 3');
});

const sound = writePack([{ kind: 'blob', content: Buffer.from('hello '.repeat(50)) }]);
const sealed = (body: Buffer) => Buffer.concat([body, createHash('sha1').update(body).digest()]);
const body = sound.subarray(0, -20);

test.each([
  { name: 'nothing', pack: Buffer.alloc(0), says: 'a pack that is none' },
  { name: 'what is no pack', pack: Buffer.from('<html>'.repeat(20)), says: 'a pack that is none' },
  { name: 'one that is cut short', pack: sound.subarray(0, -1), says: 'cut short or spoilt' },
  {
    name: 'one with a wrong byte',
    pack: Buffer.concat([sound.subarray(0, 14), Buffer.from('?'), sound.subarray(15)]),
    says: 'cut short or spoilt',
  },
  {
    name: 'one that ends before its last object',
    pack: sealed(Buffer.concat([body.subarray(0, 11), Buffer.from([2]), body.subarray(12)])),
    says: 'cut short',
  },
  {
    name: 'an object that is larger than it says',
    pack: sealed(Buffer.concat([body.subarray(0, 12), Buffer.from([0xb1, 1]), body.subarray(14)])),
    says: 'Cannot create a Buffer larger than',
  },
  {
    name: 'a delta of nothing',
    pack: sealed(Buffer.concat([body.subarray(0, 12), Buffer.from([0xfc, 18]), randomBytes(20), body.subarray(14)])),
    says: 'a delta of nothing',
  },
])('refuses $name', async ({ pack, says }) => {
  await expect(readPack(pack)).rejects.toThrow(says);
});

const MEBIBYTE = 1024 * 1024;
const base: GitObject = { kind: 'blob', content: Buffer.alloc(MEBIBYTE) };

test.each<{ what: string; entries: readonly Entry[] }>([
  { what: 'a whole object', entries: [{ kind: 'blob', content: Buffer.alloc(64 * MEBIBYTE) }] },
  {
    what: 'what a delta makes',
    entries: [base, { kind: 'delta', base: objectId(base), content: copying(base.content, 1024) }],
  },
  {
    what: 'what a delta makes that came before its base',
    entries: [{ kind: 'delta', base: objectId(base), content: copying(base.content, 1024) }, base],
  },
])('memory for 64 MiB is taken once smaller work is done: $what', async ({ entries }) => {
  const pack = packOf(entries);
  const before = process.memoryUsage().arrayBuffers;
  const large = besideOthers(async () => readPack(pack));
  const small = besideOthers(async () => {
    await nextTurn();
    await nextTurn();
    return process.memoryUsage().arrayBuffers;
  });
  expect((await small) - before).toBeLessThan(32 * MEBIBYTE);
  expect((await large).size).toBe(entries.length);
});
