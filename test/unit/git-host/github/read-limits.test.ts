import { beforeAll, expect, test } from 'vitest';
import { blobId } from '../../../../shared/git-host/manifest-file.ts';
import { gzipped, spaces, tarHeader, zeros } from '../../../fixtures/gzip-bombs.ts';
import { type Read, type Row, readAll } from '../readings.ts';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;
/** Of tar. */
const BLOCK = 512;
/** A reply of the longest kind as bytes and as text, and what zlib gives back only later. */
const MOST_BYTES = 256 * MEBIBYTE;

const HEAD = '1'.repeat(40);
const NEXT = '3'.repeat(40);
const BLOB = blobId(Buffer.alloc(MEBIBYTE, ' '));
const commit = { sha: HEAD, commit: { message: 'x', tree: { sha: '2'.repeat(40) } }, parents: [] };
const BRANCH = { '/branches/main': JSON.stringify({ name: 'main', commit }) };
const BOMB = gzipped('"', spaces(GIBIBYTE), '"');

const paths = (count: number) => Array.from({ length: count }, (_, index) => `k8s/${index}.yml`);
const treeOf = (files: readonly string[], size?: number) => {
  const tree = files.map((path) => ({ path, mode: '100644', type: 'blob', sha: BLOB, size }));
  return JSON.stringify({ truncated: false, tree });
};
/** As a comparison tells of them, without sizes. */
const comparedOf = (files: readonly { readonly filename: string; readonly sha: string }[]) => ({
  status: 'ahead',
  total_commits: 1,
  commits: [{ ...commit, sha: NEXT }],
  files: files.map((file) => ({ ...file, status: 'added' })),
});
const compared = comparedOf(paths(4).map((filename, index) => ({ filename, sha: `${index}`.repeat(40) })));

/** Manifests of 1 MiB, each with a number at its end; as an archive has them, that is all that it unpacks to. */
const manifests = paths(250).map((filename, index) => {
  const end = `${index}`.padStart(BLOCK);
  const sha = blobId(Buffer.from(end.padStart(MEBIBYTE)));
  const packed = gzipped(tarHeader(`acme-shop-1/${filename}`, MEBIBYTE), spaces(MEBIBYTE - BLOCK), end);
  return { filename, sha, packed };
});

const tooLarge = (expected: string) => ({
  code: 'git-too-large',
  message: expect.stringContaining(`: expected ${expected}, found `),
});

const ROWS: readonly (Row & { readonly name: string; readonly outcome: unknown })[] = [
  {
    name: 'four new files of 60 MB of spaces, which are no manifests',
    work: 'changed files',
    answers: {
      ...BRANCH,
      [`/compare/${HEAD}...main`]: JSON.stringify(compared),
      [`/git/trees/${NEXT}`]: treeOf(paths(4), 60 * MEBIBYTE),
      ...Object.fromEntries(compared.files.map(({ sha }) => [`/git/blobs/${sha}`, spaces(60 * MEBIBYTE)])),
    },
    outcome: 0,
  },
  {
    name: 'a tree of 200 manifests of 1 MiB',
    work: 'files',
    paths: ['k8s'],
    answers: { ...BRANCH, [`/git/trees/${HEAD}`]: treeOf(paths(200), MEBIBYTE) },
    outcome: tooLarge('manifests of at most 67108864 bytes together'),
  },
  {
    name: 'an archive of 250 changed manifests of 1 MiB, of which nobody told the sizes',
    work: 'changed files',
    answers: {
      ...BRANCH,
      [`/compare/${HEAD}...main`]: JSON.stringify(comparedOf(manifests)),
      [`/tarball/${NEXT}`]: {
        status: 200,
        body: gzipped(...manifests.map(({ packed }) => packed), zeros(2 * BLOCK)),
        headers: { 'content-encoding': 'identity' },
      },
    },
    outcome: tooLarge('manifests of at most 67108864 bytes together'),
  },
  {
    name: 'an error page of 1 GiB',
    work: 'head',
    answers: { '/branches/main': { status: 403, body: BOMB } },
    outcome: { code: 'git-unauthorized', message: expect.stringContaining('no reason (status 403)') },
  },
  {
    name: 'a history of 1 GiB',
    work: 'history',
    answers: { '/commits': BOMB },
    outcome: tooLarge('a reply of at most 67108864 bytes'),
  },
  {
    name: 'a difference of 1 GiB, which is as if nothing were told of it',
    work: 'compare',
    answers: { ...BRANCH, [`/compare/${HEAD}...main`]: BOMB },
    outcome: { head: HEAD },
  },
];

let reads: readonly Read[] = [];
beforeAll(async () => {
  reads = await readAll('github', ROWS);
}, 300_000);

for (const [index, { name, outcome }] of ROWS.entries()) {
  test(`${name}: told as what it is, and no more than one limit is held`, () => {
    expect(reads[index]?.outcome).toEqual(outcome);
    expect(reads[index]?.bytes).toBeLessThan(MOST_BYTES);
  });
}
