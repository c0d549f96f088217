import { describe, expect, test } from 'vitest';
import { gitHub } from './stage.ts';

const github = gitHub();

const files = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ path: `k8s/${index}.yml`, content: `image: hello:${index}\n` }));
const AUTHOR = { name: 'Sluice', email: 'sluice@example.com' };

const TREE = 'GET git/trees/:sha?recursive=1 200';
const ARCHIVE = ['GET tarball/:sha 302', 'GET codeload :sha 200'];
const BLOB = 'GET git/blobs/:sha 200';
const COMPARE = 'GET compare/:sha...main 200';
const WRITE = ['POST git/trees 201', 'POST git/commits 201', 'PATCH git/refs/heads%2Fmain 200'];
const HISTORY = 'GET commits?sha=main&per_page=100 200';

describe.each([{ count: 10 }, { count: 2000 }])('in a repository of $count files', { timeout: 60_000 }, ({ count }) => {
  const edit = (text: string) => [{ path: 'k8s/1.yml', text }];
  const read = async () => {
    const stage = github.stage(files(count));
    stage.asked();
    const head = await stage.host.head('main');
    expect(await stage.host.files(head, ['k8s'])).toHaveLength(count);
    return { ...stage, head };
  };

  test('a first look takes the branch, the tree and the archive', async () => {
    const { asked } = await read();
    expect(asked()).toEqual(['GET branches/main 200', TREE, ...ARCHIVE]);
  });

  test('a decision where nothing changed takes one request, which the second time costs nothing', async () => {
    const { host, head, asked } = await read();
    asked();
    const before = github.double().rateLimit.used;
    expect(await host.compare(head, 'main')).toEqual({ head, changed: [] });
    expect(await host.compare(head, 'main')).toEqual({ head, changed: [] });
    expect(await host.files(head, ['k8s'])).toHaveLength(count);
    const comparisons = asked().filter((one) => one.startsWith('GET compare/'));
    expect(comparisons).toEqual(['GET compare/:sha...main 200', 'GET compare/:sha...main 304']);
    expect(github.double().rateLimit.used - before).toBe(1);
  });

  test('a decision after a commit of somebody takes two: the comparison, and the file that changed', async () => {
    const { host, bare, head, asked } = await read();
    const later = bare.commit([{ path: 'k8s/1.yml', content: 'image: hello:1.1\n' }]);
    asked();
    expect(await host.compare(head, 'main')).toEqual({ head: later, changed: ['k8s/1.yml'] });
    expect(await host.files(later, ['k8s/1.yml'])).toMatchObject([{ path: 'k8s/1.yml', text: 'image: hello:1.1\n' }]);
    expect(asked()).toEqual([COMPARE, BLOB]);
  });

  test('a commit on what was read takes four: history, tree, commit and branch', async () => {
    const { host, head, asked } = await read();
    asked();
    const [last] = await host.history('main');
    expect(last?.revision).toBe(head);
    await host.commit({ branch: 'main', expectedHead: head, edits: edit('x\n'), message: 'x', author: AUTHOR });
    expect(asked()).toEqual([HISTORY, ...WRITE]);
  });

  test('a commit after a commit of ours takes four, and what it is made on none', async () => {
    const { host, head, asked } = await read();
    await host.history('main');
    const request = { branch: 'main', message: 'x', author: AUTHOR };
    const first = await host.commit({ ...request, expectedHead: head, edits: edit('x\n') });
    asked();
    const found = await host.files(first, ['k8s/1.yml', '.sluice/blocked.yml']);
    expect(found.map(({ text }) => text)).toEqual(['x\n']);
    await host.history('main');
    await host.commit({ ...request, expectedHead: first, edits: edit('y\n') });
    expect(asked()).toEqual([HISTORY, ...WRITE]);
  });
});

test('an unchanged head, and an unchanged history, cost nothing', async () => {
  const { host, asked } = github.stage(files(1));
  asked();
  expect(await host.head('main')).toBe(await host.head('main'));
  expect(await host.history('main')).toEqual(await host.history('main'));
  expect(asked()).toEqual([
    'GET branches/main 200',
    'GET branches/main 304',
    HISTORY,
    'GET commits?sha=main&per_page=100 304',
  ]);
});

test('a commit on a new branch makes the branch with it', async () => {
  const { host, bare, asked } = github.stage(files(3));
  const expectedHead = await host.head('main');
  await host.files(expectedHead, ['k8s']);
  asked();
  const edits = [{ path: 'k8s/1.yml', text: 'x\n' }];
  const request = { branch: 'sluice/one', newBranch: true, expectedHead, edits, message: 'x', author: AUTHOR };
  const commit = await host.commit(request);
  expect(bare.git('rev-parse', 'sluice/one').trim()).toBe(commit);
  expect(asked()).toEqual(['POST git/trees 201', 'POST git/commits 201', 'POST git/refs 201']);
  await expect(host.commit(request)).rejects.toMatchObject({
    code: 'git-head-moved',
    retryable: true,
    message: expect.stringContaining(`branch sluice/one: expected no such branch, found ${commit}`),
  });
});
