import { expect, test } from 'vitest';
import { changedPaths, listFiles, withEdits } from '../../../../shared/git/wire/files.ts';
import { type GitObject, objectId } from '../../../../shared/git/wire/object.ts';
import { ObjectStore } from '../../../../shared/git/wire/object-store.ts';

const named = (objects: readonly GitObject[]) => objects.map((object) => [objectId(object), object] as const);

function commit(store: ObjectStore, files: Readonly<Record<string, string>>): string {
  const contents = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const added = withEdits(store, undefined, contents);
  const [root] = named(added);
  const content = Buffer.from(`tree ${root?.[0]}\ncommitter a <a> 1 +0000\n\nx`);
  store.add(named([{ kind: 'commit', content }, ...added]));
  return objectId({ kind: 'commit', content });
}

test('keeps what the commits hold that are asked for, and forgets the rest', () => {
  const store = new ObjectStore(100);
  const first = commit(store, { 'a/same.yml': 'same', 'a/b/old.yml': 'old' });
  const second = commit(store, { 'a/same.yml': 'same', 'a/b/new.yml': 'new' });
  const [from, to] = [store.commit(first)?.tree ?? '', store.commit(second)?.tree ?? ''];
  expect(changedPaths(store, from, to).toSorted()).toEqual(['a/b/new.yml', 'a/b/old.yml']);
  const before = store.bytes;
  store.keep([second]);
  expect(store.bytes).toBeLessThan(before);
  expect(store.commit(first)).toBeUndefined();
  expect(listFiles(store, to, ['']).map(({ path, blob }) => [path, store.blob(blob)?.toString()])).toEqual([
    ['a/b/new.yml', 'new'],
    ['a/same.yml', 'same'],
  ]);
  store.keep([]);
  expect(store.bytes).toBe(0);
});

test('lets the content of large files go', () => {
  const store = new ObjectStore(4);
  const head = commit(store, { 'large.yml': '12345', 'small.yml': '1234' });
  const files = listFiles(store, store.commit(head)?.tree ?? '', ['']);
  expect(files.map(({ blob }) => store.blob(blob)?.toString())).toEqual([undefined, '1234']);
});
