import { expect, test } from 'vitest';
import { changedPaths, listFiles } from '../../../../shared/git/wire/files.ts';
import { latestCommits } from '../../../../shared/git/wire/history.ts';
import { PACK_LIMITS } from '../../../../shared/git/wire/limits.ts';
import { type GitObject, objectId } from '../../../../shared/git/wire/object.ts';
import { ObjectStore } from '../../../../shared/git/wire/object-store.ts';
import { readPack } from '../../../../shared/git/wire/pack.ts';
import { readBands, readPktLines, SectionEnd } from '../../../../shared/git/wire/pkt-line.ts';
import { readAdvertisement } from '../../../../shared/git/wire/upload-pack.ts';
import { copying, type Entry, inserting, nestedTrees, packOf } from '../../../fixtures/pack-bombs.ts';

const MEBIBYTE = 1024 * 1024;
const zeros: Entry = { kind: 'blob', content: Buffer.alloc(MEBIBYTE) };
const zerosId = objectId({ kind: 'blob', content: zeros.content });
const empty: GitObject = { kind: 'blob', content: Buffer.alloc(0) };
const named = (objects: readonly GitObject[]) => objects.map((object) => [objectId(object), object] as const);

test.each([
  {
    name: 'objects of zeros',
    pack: packOf(Array.from({ length: 300 }, (_, index) => ({ kind: 'blob', content: Buffer.alloc(MEBIBYTE, index) }))),
  },
  {
    name: 'deltas that copy one object many times',
    pack: packOf([
      zeros,
      ...Array.from({ length: 40 }, (_, index): Entry => {
        return { kind: 'delta', base: zerosId, content: copying(zeros.content, 120 + index) };
      }),
    ]),
  },
  {
    name: 'an object that says to be larger than all',
    pack: packOf([{ kind: 'blob', content: Buffer.alloc(257 * MEBIBYTE) }]),
  },
])('refuses a pack of $name before it takes more than 256 MiB', { timeout: 60_000 }, async ({ pack }) => {
  expect(pack.length).toBeLessThan(20 * MEBIBYTE);
  await expect(readPack(pack)).rejects.toThrow('expected a pack that unpacks to at most 268435456 bytes, found more');
});

test('counts half a kibibyte for each object besides its content', async () => {
  const pack = packOf(Array.from({ length: 2049 }, () => ({ ...empty })));
  const limits = { ...PACK_LIMITS, maxBytes: MEBIBYTE };
  await expect(readPack(pack, undefined, limits)).rejects.toThrow('unpacks to at most 1048576 bytes, found more');
  await expect(readPack(packOf([empty]), undefined, limits)).resolves.toHaveProperty('size', 1);
});

test('refuses a folder of more than 8 MiB of names', async () => {
  const pack = packOf([{ kind: 'tree', content: Buffer.alloc(9 * MEBIBYTE) }]);
  await expect(readPack(pack)).rejects.toThrow('expected folders of at most 8388608 bytes of names, found more');
});

test('reads a delta of a million commands without an object for each', async () => {
  const content = Buffer.alloc(MEBIBYTE, 'x');
  const pack = packOf([zeros, { kind: 'delta', base: zerosId, content: inserting(zeros.content, content) }]);
  const read = await readPack(pack);
  expect(read.get(objectId({ kind: 'blob', content }))?.content.equals(content)).toBe(true);
});

test('settles a chain of 5,000 deltas that stand before their bases', async () => {
  const texts = Array.from({ length: 5_001 }, (_, index) => Buffer.from(`text ${index}`));
  const [first = Buffer.alloc(0), ...others] = texts;
  const deltas = others.map((content, index): Entry => {
    const base = texts[index] ?? first;
    return { kind: 'delta', base: objectId({ kind: 'blob', content: base }), content: inserting(base, content) };
  });
  const read = await readPack(packOf([...deltas.toReversed(), { kind: 'blob', content: first }]));
  expect(read.size).toBe(5_001);
  expect(read.get(objectId({ kind: 'blob', content: Buffer.from('text 5000') }))?.content.toString()).toBe('text 5000');
});

test('refuses trees that hold one another: 20 of them make 10^20 paths', () => {
  const store = new ObjectStore(100);
  const trees = nestedTrees(20);
  store.add(named(trees));
  const root = objectId(trees.at(-1) ?? empty);
  expect(() => listFiles(store, root, [''])).toThrow(
    'expected at most 50000 files and folders of which the same folder stands elsewhere, found more',
  );
  const none: GitObject = { kind: 'tree', content: Buffer.alloc(0) };
  store.add(named([none]));
  expect(() => changedPaths(store, objectId(none), root)).toThrow(
    'expected at most 50000 files and folders of which the same folder stands elsewhere, found more',
  );
});

test('looks at nothing that was not asked for in such trees', () => {
  const store = new ObjectStore(100);
  const trees = nestedTrees(20);
  store.add(named(trees));
  const path = Array.from({ length: 20 }, () => '3.yml').join('/');
  expect(listFiles(store, objectId(trees.at(-1) ?? empty), [path]).map((file) => file.path)).toEqual([path]);
});

/** Folders within one another, the innermost with a file. */
function chain(depth: number, name: string) {
  const file: GitObject = { kind: 'blob', content: Buffer.from('a: 1\n') };
  const trees: GitObject[] = [];
  let [mode, below] = ['100644', objectId(file)];
  for (let level = 0; level < depth; level += 1) {
    const content = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(below, 'hex')]);
    trees.push({ kind: 'tree', content });
    [mode, below] = ['40000', objectId({ kind: 'tree', content })];
  }
  const commit: GitObject = { kind: 'commit', content: Buffer.from(`tree ${below}\n\nx`) };
  return { root: below, commit: objectId(commit), objects: named([file, ...trees, commit]) };
}

test('refuses folders that are deeper than 200, and keeps them without a recursion', () => {
  const store = new ObjectStore(100);
  const { root, commit, objects } = chain(50_000, 'a');
  store.add(objects);
  expect(() => listFiles(store, root, [''])).toThrow('expected at most 200 folders within one another, found more');
  store.keep([commit]);
  expect(store.has(root)).toBe(true);
});

test('refuses paths that are longer than 4,096 characters', () => {
  const store = new ObjectStore(100);
  const { root, objects } = chain(100, 'a'.repeat(100));
  store.add(objects);
  expect(() => listFiles(store, root, [''])).toThrow('expected paths of at most 4096 characters, found more');
});

test('finds the latest of a commit with 50,000 parents', () => {
  const commitOf = (parents: readonly string[], seconds: number): GitObject => {
    const head = ['tree x', ...parents.map((id) => `parent ${id}`), `committer a <a> ${seconds} +0000`];
    return { kind: 'commit', content: Buffer.from(`${head.join('\n')}\n\n${seconds}`) };
  };
  const parents = named(Array.from({ length: 50_000 }, (_, index) => commitOf([], index)));
  const head = commitOf(
    parents.map(([id]) => id),
    60_000,
  );
  const objects = new Map([...parents, ...named([head])]);
  expect(latestCommits(objectId(head), objects, 3).map(({ message }) => message)).toEqual(['60000', '49999', '49998']);
});

test('takes a reply of two million lines apart', () => {
  const reply = Buffer.from('0006\x01x0004'.repeat(1_000_000), 'latin1');
  const { data, words, fatal } = readBands(readPktLines(reply), reply);
  expect([data.length, words, fatal]).toEqual([1_000_000, '', undefined]);
});

test('reads no more of the words for people than 64 KiB', () => {
  const reply = Buffer.from(`0106\x02${'progress '.repeat(28)}xxxxx`.repeat(2000), 'latin1');
  expect(readBands(readPktLines(reply), reply).words.length).toBe(64 * 1024);
});

test('finds the end of a section that comes byte by byte', () => {
  const bytes = Buffer.from('0006ab0009hello00000006no');
  const section = new SectionEnd();
  const found = [...bytes].findIndex((byte) => {
    section.add(Buffer.from([byte]));
    return section.end !== undefined;
  });
  expect([found + 1, section.end]).toEqual([19, 19]);
});

test('reads an advertisement of 200,000 refs', () => {
  const line = (index: number) =>
    `003e${String(index).padStart(40, '0')} refs/heads/${String(index).padStart(5, 'b')}\n`;
  const bytes = Buffer.from(`${Array.from({ length: 200_000 }, (_, index) => line(index % 100_000)).join('')}0000`);
  expect(readAdvertisement(bytes, 'repository x').refs.size).toBe(100_000);
});
