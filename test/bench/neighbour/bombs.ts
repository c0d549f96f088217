import { gzipSync } from 'node:zlib';
import { withEdits } from '../../../shared/git/wire/files.ts';
import { type GitObject, objectId } from '../../../shared/git/wire/object.ts';
import { ObjectStore } from '../../../shared/git/wire/object-store.ts';
import { deployment } from '../../fakes/manifests.ts';
import { copying, type Entry, nestedTrees, packOf } from '../../fixtures/pack-bombs.ts';
import type { ErrorPage, Packed } from './pack-server.ts';

const KIBIBYTE = 1024;
const MEBIBYTE = KIBIBYTE * KIBIBYTE;

/** A repository of files. */
export function packed(files: Readonly<Record<string, string>>): Packed {
  const edits = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
  const added = withEdits(new ObjectStore(MEBIBYTE), undefined, new Map(edits));
  const [root] = added;
  return committed(root, added);
}

function committed(root: GitObject | undefined, objects: readonly Entry[]): Packed {
  const by = 'bench <bench@example.com> 1700000000 +0000';
  const content = Buffer.from(
    `tree ${root === undefined ? '' : objectId(root)}\nauthor ${by}\ncommitter ${by}\n\nFirst\n`,
  );
  const commit: GitObject = { kind: 'commit', content };
  return { head: objectId(commit), pack: packOf([commit, ...objects]) };
}

/** What wears out who reads it, by what it is. Where texts are remembered, each turn has another one. */
export const BOMBS: Readonly<Record<string, () => (turn: number) => Packed | ErrorPage>> = {
  'blocked.yml of 256 KiB': () => {
    const keys = Array.from({ length: 25_000 }, (_, index) => `k${index}:\n`).join('');
    return (turn) => packed({ 'a.yml': 'a: 1\n', '.sluice/blocked.yml': `# ${turn}\n${keys}` });
  },
  'a manifest with (a?){1000}': () => (turn) =>
    packed({ 'a.yml': deployment('registry.example.com/hello:a', `regexp:(a?){${1000 + turn}}`) }),
  '1 MiB of [': () => (turn) => packed({ 'a.yml': `image: ${turn}${'['.repeat(MEBIBYTE - 100)}\n` }),
  '1 MiB of keys, in four documents': () => (turn) => {
    const keys = Array.from({ length: 26_000 }, (_, index) => `k${index}: v\n`).join('');
    return packed({ 'a.yml': `image: ${turn}\n${keys}---\n`.repeat(4) });
  },
  '1,000 policies that take all of their time': () => (turn) => {
    const filters = Array.from({ length: 1000 }, (_, index) => `regexp:^(?=1)([0-9.]+)+${turn}x${index}$`);
    const manifests = filters.map((filter) => deployment('registry.example.com/hello:a', filter));
    return packed({ 'a.yml': manifests.join('---\n') });
  },
  'trees of 10^20 paths': () => {
    const trees = nestedTrees(20);
    const found = committed(trees.at(-1), trees);
    return () => found;
  },
  'a pack of 10 KB that unpacks to more than 256 MiB': () => {
    const zeros: GitObject = { kind: 'blob', content: Buffer.alloc(MEBIBYTE) };
    const deltas = Array.from({ length: 40 }, (_, index): Entry => {
      return { kind: 'delta', base: objectId(zeros), content: copying(zeros.content, 120 + index) };
    });
    const found = committed(zeros, [zeros, ...deltas]);
    return () => found;
  },
  'ten files of 60 MB of spaces': () => {
    const files = Array.from({ length: 10 }, (_, index): GitObject => {
      return { kind: 'blob', content: Buffer.alloc(60_000_000 + index, ' ') };
    });
    const found = committed(files[0], files);
    return () => found;
  },
  'an error page of 200 MiB by gzip': () => {
    const page = { gzip: gzipSync(Buffer.alloc(200 * MEBIBYTE, ' ')) };
    return () => page;
  },
};

/** A delivery of 1 MiB. */
export const EVENTS = `{"events":[${'{},'.repeat(349_000)}{}]}`;
