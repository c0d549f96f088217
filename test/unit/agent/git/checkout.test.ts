import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkOut, removeLeftCheckouts } from '../../../../infra/agent/git/checkout.ts';
import { openMirror } from '../../../../infra/agent/git/mirror.ts';
import { bareRepository, type TestFile } from '../../../contract/bare-repository.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-checkout-'));
afterAll(() => rmSync(directory, { recursive: true }));

const LFS_POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;

let count = 0;
async function repository(files: readonly TestFile[], maxBytes = 1024 * 1024) {
  count += 1;
  const place = join(directory, `${count}`);
  mkdirSync(place);
  const url = join(place, 'hello.git');
  const bare = bareRepository(url, files);
  const mirror = openMirror({
    url,
    credentials: { kind: 'none' },
    directory: join(place, 'mirrors'),
    timeoutMillis: 10_000,
  });
  const home = join(place, 'checkouts');
  const head = await mirror.fetchHead('main');
  return {
    bare,
    home,
    head,
    checkOut: async () => checkOut(mirror, head, { home, subject: `repository ${url}`, maxBytes, maxFiles: 10_000 }),
  };
}

const isLink = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
const link = (path: string, content: string): TestFile => ({ path, content, mode: '120000' });

test('writes every file as it is in Git, and removes all of it', async () => {
  const crlf = 'a: 1\r\n';
  const { checkOut: make, home } = await repository([
    { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
    { path: 'k8s/run.sh', content: '#!/bin/sh\n', mode: '100755' },
    { path: 'k8s/deep/er/ü b.yml', content: 'a: 1\n' },
    { path: 'crlf.yml', content: crlf },
    { path: 'big.bin', content: LFS_POINTER },
    // What would change the others, or run something for them, where a repository is checked out by Git.
    { path: '.gitattributes', content: '*.yml text eol=lf ident\n*.bin filter=lfs\n' },
  ]);
  const { directory: files, left, dispose } = await make();
  const read = (path: string) => readFileSync(join(files, path), 'utf8');
  expect(left).toEqual([]);
  expect(read('k8s/deploy.yml')).toBe('image: hello:1\n');
  expect(read('k8s/deep/er/ü b.yml')).toBe('a: 1\n');
  expect(read('crlf.yml')).toBe(crlf);
  expect(read('big.bin')).toBe(LFS_POINTER);
  expect(statSync(join(files, 'k8s/run.sh')).mode & 0o777).toBe(0o600);
  await dispose();
  expect(readdirSync(home)).toEqual([]);
});

test('more files than are read at once are all there', async () => {
  const files = Array.from({ length: 1100 }, (_, index) => ({ path: `k8s/${index}.yml`, content: `n: ${index}\n` }));
  const { checkOut: make } = await repository(files);
  const { directory: place } = await make();
  expect(files.filter(({ path, content }) => readFileSync(join(place, path), 'utf8') !== content)).toEqual([]);
});

describe('a symbolic link', () => {
  test.each([
    { name: 'to a file inside stays', links: [link('k8s/b.yml', 'a.yml')], left: [] },
    { name: 'to a folder inside stays', links: [link('k8s/base', '../base')], left: [] },
    { name: 'through another inside stays', links: [link('c', 'k8s'), link('d', 'c/a.yml')], left: [] },
    { name: 'to an absolute path is left out', links: [link('k8s/passwd', '/etc/passwd')], left: ['k8s/passwd'] },
    { name: 'to what is above is left out', links: [link('k8s/up', '../../other')], left: ['k8s/up'] },
    { name: 'to nothing is left out', links: [link('k8s/gone', 'nothing.yml')], left: ['k8s/gone'] },
    { name: 'to itself is left out', links: [link('loop', 'loop')], left: ['loop'] },
    {
      name: 'that leads out by way of another is left out',
      links: [link('k8s/deep/er/top', '../../../base'), link('out', 'k8s/deep/er/top/../../x')],
      left: ['out'],
    },
  ])('$name', async ({ links, left }) => {
    const { checkOut: make } = await repository([
      { path: 'k8s/a.yml', content: 'a: 1\n' },
      { path: 'k8s/deep/x', content: 'x\n' },
      { path: 'base/a.yml', content: 'a: 1\n' },
      ...links,
    ]);
    const made = await make();
    expect(made.left.map(({ path }) => path)).toEqual(left);
    const there = links.map(({ path }) => path).filter((path) => isLink(join(made.directory, path)));
    expect([...there, ...left].toSorted()).toEqual(links.map(({ path }) => path).toSorted());
    expect(there.filter((path) => left.some((one) => one === path))).toEqual([]);
  });
});

test('a submodule is left out', async () => {
  const { checkOut: make } = await repository([
    { path: 'a.yml', content: 'a: 1\n' },
    { path: 'vendor', content: '1'.repeat(40), mode: '160000' },
  ]);
  expect(readdirSync((await make()).directory)).toEqual(['a.yml']);
});

test('files that come to more than they may are refused, and nothing is left of them', async () => {
  const {
    checkOut: make,
    head,
    bare,
    home,
  } = await repository(
    [
      { path: 'a.yml', content: 'a: 1\n' },
      { path: 'big', content: 'x'.repeat(3 * 1024 * 1024) },
    ],
    2 * 1024 * 1024,
  );
  await expect(make()).rejects.toMatchObject({
    code: 'git-too-large',
    message: `repository ${bare.path}, commit ${head}: expected at most 2 MiB, found 3.1 MiB or more. Keep large files elsewhere, or raise --git-max-size.`,
  });
  expect(existsSync(home)).toBe(false);
});

test('a tree with a name that leads out is refused', async () => {
  const { bare, home } = await repository([{ path: 'a.yml', content: 'a: 1\n' }]);
  const blob = bare.git('rev-parse', 'main:a.yml').trim();
  // Git makes no such tree by itself.
  const entry = Buffer.concat([Buffer.from('100644 ..\0'), Buffer.from(blob, 'hex')]);
  const write = ['-C', bare.path, 'hash-object', '-t', 'tree', '-w', '--literally', '--stdin'];
  const tree = execFileSync('git', write, { input: entry, encoding: 'utf8' }).trim();
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  const commit = bare.git(...identity, 'commit-tree', '-m', 'x', tree).trim();
  bare.git('update-ref', 'refs/heads/main', commit);
  const mirrors = join(directory, 'odd');
  const mirror = openMirror({
    url: bare.path,
    credentials: { kind: 'none' },
    directory: mirrors,
    timeoutMillis: 10_000,
  });
  const head = await mirror.fetchHead('main');
  await expect(
    checkOut(mirror, head, { home, subject: 'repository odd', maxBytes: 1000, maxFiles: 10 }),
  ).rejects.toMatchObject({
    code: 'git-refused',
    message: 'repository odd: expected names of files below its root, found ".."',
  });
});

describe('what a killed process left', () => {
  test('is removed by the next; what another one is at work with is not', async () => {
    const home = join(directory, 'left');
    const dead = spawn('true');
    await once(dead, 'exit');
    const alive = `${hostname()}.${process.ppid}.x`;
    // In a container that is started again, a thread of the agent may have the number of the agent before.
    const thread = readdirSync('/proc/self/task').find((id) => Number(id) !== process.pid);
    const names = [
      `${hostname()}.${dead.pid}.x`,
      `${hostname()}.${thread}.x`,
      `${hostname()}.${process.pid}.x`,
      `.${hostname()}.1.x`,
      'other-host.1.x',
    ];
    for (const name of [...names, alive]) {
      mkdirSync(join(home, name, 'k8s'), { recursive: true });
    }
    await removeLeftCheckouts(home);
    expect(readdirSync(home).toSorted()).toEqual(['other-host.1.x', alive].toSorted());
  });

  test('nothing at all is no fault', async () => {
    await expect(removeLeftCheckouts(join(directory, 'none'))).resolves.toBeUndefined();
  });
});
