import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { moveTag } from '../../../../infra/agent/git/marker.ts';
import { type Mirror, openMirror } from '../../../../infra/agent/git/mirror.ts';
import { listTree, readBlobs } from '../../../../infra/agent/git/tree.ts';
import { isSluiceError } from '../../../../shared/errors.ts';
import { bareRepository } from '../../../contract/bare-repository.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-mirror-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A repository, a mirror of it that was used, and the files of that mirror. */
async function used(timeoutMillis = 10_000, place = join(directory, randomUUID())) {
  const url = join(place, 'hello.git');
  mkdirSync(place, { recursive: true });
  const bare = bareRepository(url, [
    { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
    { path: 'k8s/other.yml', content: 'a: 1\n' },
  ]);
  const options = { url, credentials: { kind: 'none' }, directory: join(place, 'mirrors'), timeoutMillis } as const;
  const mirror = openMirror(options);
  await read(mirror, await mirror.fetchHead('main'));
  const home = join(place, 'mirrors', readdirSync(join(place, 'mirrors'))[0] ?? '');
  return { bare, mirror, options, home, again: () => openMirror(options) };
}

/** Does something to every file of a folder of the mirror. */
function eachFile(home: string, folder: string, work: (file: string) => void): void {
  for (const entry of readdirSync(join(home, folder), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      work(join(entry.parentPath, entry.name));
    }
  }
}

/** The texts of the manifests of a revision. */
async function read(mirror: Mirror, revision: string): Promise<readonly string[]> {
  const entries = await listTree(mirror, revision, ['k8s']);
  const contents = await readBlobs(
    mirror,
    entries.map(({ blob }) => blob),
  );
  return contents.map((content) => content.toString());
}

/** Reads and marks as the agent does: what failed for now is tried again. */
async function useAgain(mirror: Mirror): Promise<readonly string[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      const head = await mirror.fetchHead('main');
      const texts = await read(mirror, head);
      const tagger = { name: 'sluice-agent', email: 'agent@example.com' };
      await moveTag(mirror, 'sluice-sync', head, { message: 'Applied', tagger, seconds: 1_700_000_000 });
      return texts;
    } catch (error) {
      if (tries === 3 || !isSluiceError(error, 'git-unavailable') || !error.retryable) {
        throw error;
      }
    }
  }
}

test('whoever asks is told of a fetch before it begins, and not of a look at a head that is here', async () => {
  const { bare, options } = await used();
  const seen: string[] = [];
  const mirror = openMirror({ ...options, onFetch: () => seen.push('fetch') });
  const here = await mirror.fetchHead('main');
  seen.push(here);
  const later = bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  seen.push(await mirror.fetchHead('main'));
  expect(seen).toEqual([here, 'fetch', later]);
});

test('what a process left that was killed goes with the next fetch, and nothing that may be at work', async () => {
  const { bare, mirror, home } = await used();
  const pack = join(home, 'objects', 'pack');
  const anHourAgo = new Date(Date.now() - 3_600_000);
  const left = [
    join(pack, 'tmp_pack_left'),
    join(home, 'objects', '17', 'tmp_obj_left'),
    join(`${home}.old-left`, 'HEAD'),
    join(`${home}.new-left`, 'HEAD'),
  ];
  const atWork = [join(pack, 'tmp_pack_new'), join(`${home}.new-other`, 'HEAD')];
  for (const file of [...left, ...atWork]) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'PACK');
  }
  for (const path of [...left, `${home}.old-left`, `${home}.new-left`]) utimesSync(path, anHourAgo, anHourAgo);
  bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  await mirror.fetchHead('main');
  expect([...left, ...atWork].filter((file) => existsSync(file))).toEqual(atWork);
});

describe('a mirror that was spoilt', () => {
  test.each<{ how: string; spoil: (home: string) => void }>([
    { how: 'is gone', spoil: (home) => rmSync(home, { recursive: true }) },
    { how: 'is an empty folder', spoil: (home) => eachFile(home, '.', (file) => rmSync(file)) },
    { how: 'has no HEAD', spoil: (home) => rmSync(join(home, 'HEAD')) },
    { how: 'has a garbled HEAD', spoil: (home) => writeFileSync(join(home, 'HEAD'), 'garbage') },
    { how: 'has an empty HEAD', spoil: (home) => truncateSync(join(home, 'HEAD')) },
    { how: 'has a garbled config', spoil: (home) => writeFileSync(join(home, 'config'), '[core\n\0') },
    { how: 'has no objects', spoil: (home) => rmSync(join(home, 'objects'), { recursive: true }) },
    { how: 'has lost every object', spoil: (home) => eachFile(home, 'objects', (file) => rmSync(file)) },
    {
      how: 'has truncated objects',
      spoil: (home) => eachFile(home, 'objects', (file) => rewrite(file, '')),
    },
    {
      how: 'has garbled objects',
      spoil: (home) => eachFile(home, 'objects', (file) => rewrite(file, 'garbage'.repeat(20))),
    },
    { how: 'has no refs', spoil: (home) => rmSync(join(home, 'refs'), { recursive: true }) },
    {
      how: 'has garbled refs',
      spoil: (home) => eachFile(home, 'refs', (file) => writeFileSync(file, 'garbage')),
    },
    { how: 'has empty refs', spoil: (home) => eachFile(home, 'refs', (file) => truncateSync(file)) },
    {
      how: 'has a file where refs are kept',
      spoil: (home) => {
        rmSync(join(home, 'refs', 'sluice'), { recursive: true, force: true });
        writeFileSync(join(home, 'refs', 'sluice'), 'garbage');
      },
    },
    { how: 'has a garbled list of its ends', spoil: (home) => writeFileSync(join(home, 'shallow'), 'garbage\n') },
    {
      how: 'has a truncated pack',
      spoil: (home) => eachFile(home, repacked(home), (file) => file.endsWith('.pack') && rewrite(file, 'PACK')),
    },
    {
      how: 'has a garbled pack',
      spoil: (home) =>
        eachFile(home, repacked(home), (file) => file.endsWith('.pack') && rewrite(file, 'garbage'.repeat(99))),
    },
    {
      how: 'has lost its pack',
      spoil: (home) => eachFile(home, repacked(home), (file) => file.endsWith('.pack') && rmSync(file)),
    },
    {
      how: 'has an empty index of its pack',
      spoil: (home) => eachFile(home, repacked(home), (file) => file.endsWith('.idx') && rewrite(file, '')),
    },
    {
      how: 'has a garbled index of its pack',
      spoil: (home) =>
        eachFile(home, repacked(home), (file) => file.endsWith('.idx') && rewrite(file, 'garbage'.repeat(999))),
    },
    { how: 'is a file', spoil: (home) => rmSync(home, { recursive: true }) ?? writeFileSync(home, 'garbage') },
  ])('since it $how, heals within three tries', async ({ spoil }) => {
    for (const later of [false, true]) {
      const { bare, mirror, home, again } = await used();
      spoil(home);
      // The process that used it, or one that starts now.
      expect(await useAgain(later ? again() : mirror)).toEqual(['image: hello:1\n', 'a: 1\n']);
      expect(bare.git('rev-parse', 'sluice-sync^{commit}')).toBe(bare.git('rev-parse', 'main'));
    }
  });
});

/** Puts all objects of a mirror into one pack, as a large fetch does, and gives the folder. */
function repacked(home: string): string {
  execFileSync('git', ['repack', '-a', '-d', '-q'], { cwd: home, env: { PATH: process.env['PATH'], GIT_DIR: home } });
  return join('objects', 'pack');
}

describe('a mirror whose objects were truncated heals where its path', () => {
  test.each([
    { name: 'is short', folder: 'a' },
    { name: 'is so long that the reason is past what people read of it', folder: 'a'.repeat(120) },
    { name: 'is nearly as long as a path may be', folder: join(...Array.from({ length: 12 }, () => 'a'.repeat(200))) },
    { name: 'has a space and a quote in it', folder: "a b'c" },
    { name: 'leads over a symbolic link', folder: 'link/a' },
  ])('$name', async ({ folder }) => {
    const base = join(directory, randomUUID());
    mkdirSync(join(base, 'target'), { recursive: true });
    symlinkSync(join(base, 'target'), join(base, 'link'));
    const { mirror, home } = await used(10_000, join(base, folder));
    eachFile(home, 'objects', (file) => rewrite(file, ''));
    expect(await useAgain(mirror)).toEqual(['image: hello:1\n', 'a: 1\n']);
  });
});

describe('a fault of the host is none of the clone, which stays', () => {
  test.each([
    { name: 'a repository that is gone, in a folder that is called after a fault', folder: 'corrupt' },
    { name: 'the same with spaces in its name', folder: 'bad object, unable to read' },
  ])('$name', async ({ folder }) => {
    const { bare, options, home } = await used(10_000, join(directory, randomUUID(), folder));
    const before = statSync(home).ino;
    rmSync(bare.path, { recursive: true });
    const again = openMirror(options).fetchHead('main');
    await expect(again).rejects.toMatchObject({ code: 'git-not-found' });
    expect(statSync(home).ino).toBe(before);
  });
});

/** Objects are read-only. */
function rewrite(file: string, content: string): void {
  rmSync(file);
  writeFileSync(file, content);
}

describe('a lock that a killed process left', () => {
  test.each([
    { lock: 'HEAD.lock' },
    { lock: 'config.lock' },
    { lock: 'shallow.lock' },
    { lock: 'packed-refs.lock' },
    { lock: 'refs/sluice/main.lock' },
  ])('$lock: is in nobody’s way once it is older than the time limit', async ({ lock }) => {
    const { bare, home, again } = await used();
    bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
    const file = join(home, lock);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    const long = new Date(Date.now() - 3_600_000);
    utimesSync(file, long, long);
    expect(await useAgain(again())).toEqual(['image: hello:1\n', 'a: 2\n']);
  });

  test('a lock that stays is taken for left behind after the time limit', async () => {
    const { bare, home, again } = await used(500);
    const later = bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
    writeFileSync(join(home, 'shallow.lock'), '');
    expect(await again().fetchHead('main')).toBe(later);
  });

  test('a lock of a process that is at work is waited for', async () => {
    const { bare, home, again } = await used(1000);
    const later = bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
    writeFileSync(join(home, 'shallow.lock'), '');
    const asked = again().fetchHead('main');
    rmSync(join(home, 'shallow.lock'));
    expect(await asked).toBe(later);
  });
});

test('a revision that was given, and is gone with a mirror that was thrown away, may be asked for again', async () => {
  const { bare, mirror, home, options } = await used();
  const before = await mirror.fetchHead('main');
  const later = bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  rmSync(home, { recursive: true });
  expect(await mirror.fetchHead('main')).toBe(later);
  await expect(read(mirror, before)).rejects.toMatchObject({
    code: 'git-unavailable',
    retryable: true,
    message: `repository ${options.url}: expected a sound local clone, found not a tree object. It is made anew.`,
  });
});

test('mirrors of one repository in one process share the work, and see the same', async () => {
  const { bare, options } = await used();
  const mirrors = Array.from({ length: 4 }, () => openMirror(options));
  const later = bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  const heads = await Promise.all(mirrors.flatMap((mirror) => [mirror.fetchHead('main'), mirror.fetchHead('main')]));
  expect(heads).toEqual(heads.map(() => later));
});
