import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { refuseBy } from '../../../contract/git-files.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
let first: string;
beforeAll(async () => {
  stage = await openStage();
  first = stage.bare.git('rev-parse', 'main').trim();
});
afterAll(async () => stage.stop());
afterEach(() => expect(stage.github.violations.splice(0)).toEqual([]));

const NOWHERE = '1'.repeat(40);
const file = (path: string, more: object) => ({ path, mode: '100644', type: 'blob', ...more });
const treeOf = async (entries: readonly object[], base: string = first) =>
  stage.call('POST ~/git/trees', { body: { base_tree: base, tree: entries } });
const commitOf = async (more: object = {}) => {
  const tree = stage.bare.git('rev-parse', `${first}^{tree}`).trim();
  return stage.call('POST ~/git/commits', { body: { message: 'x', tree, parents: [first], ...more } });
};

describe('trees', () => {
  test('take inline content, keep what is not named, and delete', async () => {
    const written = await treeOf([
      file('k8s/deploy.yml', { content: 'image: ü\n' }),
      file('new/a.yml', { content: '' }),
      file('root.yml', { sha: null }),
      { path: 'k8s/run.sh', mode: '100755', type: 'blob', content: '#!/bin/sh\nexit\n' },
    ]);
    expect(written.status).toBe(201);
    const sha = String(written.get('sha'));
    const paths = stage.bare.git('-c', 'core.quotePath=false', 'ls-tree', '-r', '--name-only', sha);
    expect(paths.trim().split('\n')).toEqual([
      'k8s/deploy.yml',
      'k8s/link.yml',
      'k8s/run.sh',
      'module',
      'new/a.yml',
      'with space/ü.yml',
    ]);
    expect(stage.bare.git('cat-file', 'blob', `${sha}:k8s/deploy.yml`)).toBe('image: ü\n');
    expect(stage.bare.git('ls-tree', sha, 'k8s/run.sh')).toMatch(/^100755/);
  });

  test.each([
    {
      name: 'a blob that is not there',
      entry: file('a', { sha: NOWHERE }),
      says: `tree.sha ${NOWHERE} is not a valid blob`,
    },
    { name: 'a file that is not there to delete', entry: file('a', { sha: null }), says: 'GitRPC::BadObjectState' },
    { name: 'neither', entry: file('a', {}), says: 'Must supply either tree.sha or tree.content' },
    {
      name: 'both',
      entry: file('a', { sha: NOWHERE, content: '' }),
      says: 'Must supply either tree.sha or tree.content',
    },
    { name: 'a way out', entry: file('../a', { content: '' }), says: 'tree.path contains a malformed path component' },
    {
      name: 'an empty part',
      entry: file('/a', { content: '' }),
      says: 'tree.path contains a malformed path component',
    },
  ])('refuse $name: 422', async ({ entry, says }) => {
    const refused = await treeOf([entry]);
    expect(refused.status).toBe(422);
    expect(refused.get('message')).toContain(says);
  });

  test('refuse a base that is not there: 422', async () => {
    const refused = await treeOf([file('a', { content: '' })], NOWHERE);
    expect([refused.status, refused.get('message')]).toEqual([422, 'base_tree is not a valid tree oid']);
  });

  test('are listed whole, with their folders, up to the limit', async () => {
    const whole = await stage.call('GET ~/git/trees/main?recursive=1');
    expect([whole.status, whole.get('truncated')]).toEqual([200, false]);
    expect(whole.get('tree', 0)).toMatchObject({ path: 'k8s', mode: '040000', type: 'tree' });
    expect(whole.get('tree', 1)).toMatchObject({ path: 'k8s/deploy.yml', mode: '100644', type: 'blob', size: 15 });
    const { settings } = stage.github.repository('shop');
    settings.treeLimit = 3;
    const cut = await stage.call(`GET ~/git/trees/${first}?recursive=1`);
    settings.treeLimit = 100_000;
    expect([cut.get('truncated'), cut.get('tree', 2, 'path'), cut.get('tree', 3)]).toEqual([
      true,
      'k8s/link.yml',
      undefined,
    ]);
    expect((await stage.call('GET ~/git/trees/main')).get('tree', 1, 'path')).toBe('module');
    expect((await stage.call(`GET ~/git/trees/${NOWHERE}`)).status).toBe(404);
  });
});

describe('commits', () => {
  test('keep the message and the author byte for byte', async () => {
    const author = { name: 'Ü Sluice', email: 'sluice@example.com', date: '2026-01-02T03:04:05Z' };
    const written = await commitOf({ message: 'Subject → ü\n\nBody\n\nTrailer: x\n', author });
    expect(written.status).toBe(201);
    const sha = String(written.get('sha'));
    expect(stage.bare.git('log', '-1', '--format=%an <%ae> %aI|%cn|%B', sha)).toBe(
      'Ü Sluice <sluice@example.com> 2026-01-02T03:04:05+00:00|Ü Sluice|Subject → ü\n\nBody\n\nTrailer: x\n\n',
    );
    expect(written.get('verification')).toMatchObject({ verified: false, reason: 'unsigned' });
    const read = await stage.call(`GET ~/git/commits/${sha}`);
    expect(read.get('author')).toEqual(author);
    expect(read.get('parents', 0, 'sha')).toBe(first);
  });

  test('are by the user of the token where nobody is named', async () => {
    const written = await commitOf();
    const writer = { name: 'writer', email: '1001+writer@users.noreply.github.com' };
    expect([written.get('author'), written.get('committer')]).toMatchObject([writer, writer]);
  });

  test.each([
    { name: 'a tree that is not there', more: { tree: NOWHERE }, says: 'Tree SHA does not exist' },
    { name: 'a commit as its tree', more: { tree: 'FIRST' }, says: 'Tree SHA does not exist' },
    {
      name: 'a parent that is not there',
      more: { parents: [NOWHERE] },
      says: 'Parent SHA does not exist or is not a commit object',
    },
  ])('refuse $name: 422', async ({ more, says }) => {
    const refused = await commitOf(more.tree === 'FIRST' ? { tree: first } : more);
    expect([refused.status, refused.get('message')]).toEqual([422, says]);
  });
});

describe('refs', () => {
  test('are made once, read, and moved onwards only', async () => {
    const next = String((await commitOf({ message: 'next' })).get('sha'));
    const side = String((await commitOf({ message: 'side' })).get('sha'));
    const steps = [
      { line: 'POST ~/git/refs', body: { ref: 'refs/heads/a/b', sha: first }, status: 201, says: undefined },
      {
        line: 'POST ~/git/refs',
        body: { ref: 'refs/heads/a/b', sha: first },
        status: 422,
        says: 'Reference already exists',
      },
      {
        line: 'POST ~/git/refs',
        body: { ref: 'refs/heads/a', sha: first },
        status: 422,
        says: 'Reference update failed',
      },
      {
        line: 'POST ~/git/refs',
        body: { ref: 'refs/heads/c', sha: NOWHERE },
        status: 422,
        says: 'Object does not exist',
      },
      { line: 'PATCH ~/git/refs/heads/a/b', body: { sha: next }, status: 200, says: undefined },
      {
        line: 'PATCH ~/git/refs/heads%2Fa%2Fb',
        body: { sha: side, force: false },
        status: 422,
        says: 'Update is not a fast forward',
      },
      { line: 'PATCH ~/git/refs/heads/a/b', body: { sha: first }, status: 422, says: 'Update is not a fast forward' },
      { line: 'PATCH ~/git/refs/heads/a/b', body: { sha: side, force: true }, status: 200, says: undefined },
      { line: 'PATCH ~/git/refs/heads/gone', body: { sha: next }, status: 422, says: 'Reference does not exist' },
    ];
    for (const { line, body, status, says } of steps) {
      const answer = await stage.call(line, { body });
      expect({ line, status: answer.status, says: answer.get('message') }).toEqual({ line, status, says });
    }
    const read = await stage.call('GET ~/git/ref/heads%2Fa%2Fb');
    expect(read.get('object')).toMatchObject({ type: 'commit', sha: side });
    expect((await stage.call('GET ~/git/ref/heads/a')).status).toBe(404);
    expect(stage.bare.git('rev-parse', 'a/b').trim()).toBe(side);
  });

  test('of two writers at once, one moves it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ref = `refs/heads/race/${round}`;
      const rivals = await Promise.all(['x', 'y'].map(async (message) => commitOf({ message: `${message} ${round}` })));
      await stage.call('POST ~/git/refs', { body: { ref, sha: first } });
      const moves = rivals.map(async (rival) => stage.call(`PATCH ~/git/${ref}`, { body: { sha: rival.get('sha') } }));
      const statuses = (await Promise.all(moves)).map(({ status }) => status);
      expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 422]);
      const winner = rivals[statuses.indexOf(200)];
      expect(stage.bare.git('rev-parse', ref).trim()).toBe(winner?.get('sha'));
    }
  });

  test('of a protected branch do not move, in the words of its rule', async () => {
    const bare = stage.repository('protected', [{ path: 'a.yml', content: 'a: 1\n' }]);
    refuseBy(bare, 'Changes must be made through a pull request.');
    const head = bare.git('rev-parse', 'main').trim();
    const tree = bare.git('rev-parse', 'main^{tree}').trim();
    const body = { message: 'x', tree, parents: [head] };
    const commit = await stage.call('POST /repos/acme/protected/git/commits', { body });
    const sha = commit.get('sha');
    for (const refused of [
      await stage.call('PATCH /repos/acme/protected/git/refs/heads/main', { body: { sha } }),
      await stage.call('POST /repos/acme/protected/git/refs', { body: { ref: 'refs/heads/new', sha } }),
    ]) {
      expect([refused.status, refused.get('message')]).toEqual([
        422,
        'Repository rule violations found\n\nChanges must be made through a pull request.\n\n',
      ]);
    }
    expect(bare.git('for-each-ref', '--format=%(objectname)').trim()).toBe(head);
  });
});

describe('blobs', () => {
  test.each([
    { name: 'text', body: { content: 'größe\n' }, bytes: 'größe\n' },
    { name: 'base64', body: { content: 'w7wA', encoding: 'base64' }, bytes: 'ü\0' },
    { name: 'long', body: { content: 'x'.repeat(100) }, bytes: 'x'.repeat(100) },
  ])('are written and read ($name)', async ({ body, bytes }) => {
    const written = await stage.call('POST ~/git/blobs', { body });
    expect(written.status).toBe(201);
    const line = `GET ~/git/blobs/${String(written.get('sha'))}`;
    const read = await stage.call(line);
    expect(read.get('encoding')).toBe('base64');
    expect(Buffer.from(String(read.get('content')), 'base64').toString('utf8')).toBe(bytes);
    const raw = await stage.call(line, { headers: { accept: 'application/vnd.github.raw+json' } });
    expect(raw.text).toBe(bytes);
  });

  test('that are not there: 404', async () => {
    expect((await stage.call(`GET ~/git/blobs/${NOWHERE}`)).status).toBe(404);
  });
});
