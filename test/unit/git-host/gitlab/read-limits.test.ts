import { beforeAll, expect, test } from 'vitest';
import { blobId } from '../../../../shared/git-host/manifest-file.ts';
import { gzipped, spaces, tarHeader, zeros } from '../../../fixtures/gzip-bombs.ts';
import { type Read, type Row, readAll } from '../readings.ts';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;
/** A reply of the longest kind as bytes, as text and as values, and what zlib gives back only later. */
const MOST_BYTES = 256 * MEBIBYTE;

const HEAD = '1'.repeat(40);
const BLOB = blobId(Buffer.alloc(MEBIBYTE, ' '));
const BRANCH = { '/branches/main': JSON.stringify({ commit: { id: HEAD } }) };
const BOMB = gzipped('"', spaces(GIBIBYTE), '"');

const paths = (count: number) => Array.from({ length: count }, (_, index) => `k8s/${index}.yml`);
const treeOf = (files: readonly string[]) => JSON.stringify(files.map((path) => ({ id: BLOB, path, mode: '100644' })));
const archive = (...files: readonly Buffer[]) => {
  return { status: 200, body: gzipped(...files, zeros(1024)), headers: { 'content-encoding': 'identity' } };
};
const manifest = (path: string) => gzipped(tarHeader(`shop-1/${path}`, MEBIBYTE), spaces(MEBIBYTE));
const file = gzipped(JSON.stringify({ content: '', encoding: 'base64' }), spaces(60 * MEBIBYTE));

/** Names are as long as they may be, and there is always a next page. */
function endlessTree(query: URLSearchParams) {
  const next = Number(query.get('page_token') ?? 0) + 1;
  const link = `<http://127.0.0.1/?per_page=100&pagination=keyset&page_token=${next}>; rel="next"`;
  const names = Array.from({ length: 100 }, (_, index) => `k8s/${'a'.repeat(4000)}${index}.txt`);
  return { status: 200, body: treeOf(names), headers: { link } };
}

/** Of a hundred merge requests, the latest are of strangers and as long as may be, and the oldest is ours. */
function mergeRequests(query: URLSearchParams): Buffer {
  const [size, page] = [Number(query.get('per_page')), Number(query.get('page'))];
  const numbers = Array.from({ length: size }, (_, index) => 100 - (page - 1) * size - index).filter((one) => one > 0);
  return gzipped('[', numbers.map((one) => (one > 96 ? LONG : (ODD.get(one) ?? SHORT))).join(','), ']');
}
const mergeRequest = (branch: string, project: number, description: string) =>
  `{"iid":1,"web_url":"x","state":"opened","source_branch":"${branch}","source_project_id":${project},` +
  `"target_project_id":7,"title":"x","description":"${description}"}`;
const LONG = mergeRequest('sluice/main', 8, '\\u003c'.repeat(MEBIBYTE));
const SHORT = mergeRequest('other', 7, 'x');
const ODD = new Map([[1, mergeRequest('sluice/main', 7, 'ours')]]);

const tooLarge = (expected: string) => ({
  code: 'git-too-large',
  message: expect.stringContaining(`: expected ${expected}, found `),
});

const ROWS: readonly (Row & { readonly name: string; readonly outcome: unknown })[] = [
  {
    name: 'ten files of 60 MB of spaces, which are no manifests',
    work: 'files',
    paths: paths(10),
    answers: { ...BRANCH, '.yml': file },
    outcome: 0,
  },
  {
    name: 'ten blobs of 60 MB of spaces, which are no manifests',
    work: 'files',
    paths: ['k8s'],
    answers: { ...BRANCH, '/repository/tree': treeOf(paths(10)), '/raw': spaces(60 * MEBIBYTE) },
    outcome: 0,
  },
  {
    name: 'an old file of 60 MB of spaces',
    work: 'file',
    paths: ['a.yml'],
    answers: { '.yml': file },
    outcome: 'none',
  },
  {
    name: 'an archive of 200 manifests of 1 MiB',
    work: 'files',
    paths: ['k8s'],
    answers: {
      ...BRANCH,
      '/repository/tree': treeOf(paths(200)),
      '/archive.tar.gz': archive(...paths(200).map(manifest)),
    },
    outcome: tooLarge('manifests of at most 67108864 bytes together'),
  },
  {
    name: 'an archive that unpacks to 1 GiB',
    work: 'files',
    paths: ['k8s'],
    answers: {
      ...BRANCH,
      '/repository/tree': treeOf(paths(11)),
      '/archive.tar.gz': archive(tarHeader('shop-1/image.bin', GIBIBYTE), zeros(GIBIBYTE)),
    },
    outcome: tooLarge('an archive of at most 268435456 bytes'),
  },
  {
    name: 'a list of files without an end',
    work: 'files',
    paths: ['k8s'],
    answers: { ...BRANCH, '/repository/tree': endlessTree },
    outcome: tooLarge('a list of at most 1000 pages and 50331648 bytes'),
  },
  {
    name: 'an error page of 1 GiB',
    work: 'head',
    answers: { '/branches/main': { status: 403, body: BOMB } },
    outcome: { code: 'git-unauthorized', message: expect.stringContaining(': status 403. Check the credentials') },
  },
  {
    name: 'a branch of 1 GiB',
    work: 'head',
    answers: { '/branches/main': BOMB },
    outcome: tooLarge('an answer of at most 16777216 bytes'),
  },
  {
    name: 'a history of 1 GiB',
    work: 'history',
    answers: { '/repository/commits': BOMB },
    outcome: tooLarge('an answer of at most 16777216 bytes'),
  },
  {
    name: 'a difference of 1 GiB, which is as if nothing were told of it',
    work: 'compare',
    answers: { ...BRANCH, '/repository/compare': BOMB },
    outcome: { head: HEAD },
  },
  {
    name: "strangers' merge requests that are as long as may be, among which ours is found",
    work: 'pull requests',
    answers: { '/merge_requests': mergeRequests },
    outcome: ['sluice/main'],
  },
];

let reads: readonly Read[] = [];
beforeAll(async () => {
  reads = await readAll('gitlab', ROWS);
}, 300_000);

for (const [index, { name, outcome }] of ROWS.entries()) {
  test(`${name}: told as what it is, and no more than one limit is held`, () => {
    expect(reads[index]?.outcome).toEqual(outcome);
    expect(reads[index]?.bytes).toBeLessThan(MOST_BYTES);
  });
}
