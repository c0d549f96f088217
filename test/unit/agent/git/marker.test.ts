import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { moveTag } from '../../../../infra/agent/git/marker.ts';
import { type Mirror, openMirror } from '../../../../infra/agent/git/mirror.ts';
import { type BareRepository, bareRepository } from '../../../contract/bare-repository.ts';
import { refuseBy } from '../../../contract/git-files.ts';

const SECONDS = Date.UTC(2026, 10, 24) / 1000;
const MARK = {
  message: 'Applied by demo',
  tagger: { name: 'sluice-agent', email: 'agent@example.com' },
  seconds: SECONDS,
};
let bare: BareRepository;
let mirror: Mirror;

beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-marker-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  bare = bareRepository(join(directory, 'hello.git'), [{ path: 'a.yml', content: 'a: 1\n' }]);
  const options = { url: bare.path, credentials: { kind: 'none' }, timeoutMillis: 10_000 } as const;
  mirror = openMirror({ ...options, directory: join(directory, 'mirrors') });
});

test('stands on the revision, with who put it there and when', async () => {
  const head = await mirror.fetchHead('main');
  await moveTag(mirror, 'sluice-sync', head, MARK);
  expect(bare.git('cat-file', '-p', 'refs/tags/sluice-sync')).toBe(
    `object ${head}\ntype commit\ntag sluice-sync\ntagger sluice-agent <agent@example.com> ${SECONDS} +0000\n\nApplied by demo\n`,
  );
});

test('moves forwards and back, and moves nothing else', async () => {
  const first = await mirror.fetchHead('main');
  await moveTag(mirror, 'sluice-sync', first, MARK);
  bare.git('tag', 'v1', 'main');
  const second = bare.commit([{ path: 'a.yml', content: 'a: 2\n' }]);
  await mirror.fetchHead('main');
  for (const revision of [second, first, first]) {
    await moveTag(mirror, 'sluice-sync', revision, MARK);
    expect(bare.git('rev-parse', 'sluice-sync^{commit}').trim()).toBe(revision);
  }
  expect(bare.git('for-each-ref', '--format=%(refname) %(objectname)').trim().split('\n')).toEqual([
    `refs/heads/main ${second}`,
    expect.stringMatching(/^refs\/tags\/sluice-sync /),
    `refs/tags/v1 ${first}`,
  ]);
});

test.each([
  { name: 'one with a line break', tag: 'a\nb' },
  { name: 'one with a space', tag: 'a b' },
  { name: 'the name of a branch', tag: '../heads/main' },
])('is never $name', async ({ tag }) => {
  const head = await mirror.fetchHead('main');
  const before = bare.git('for-each-ref');
  await expect(moveTag(mirror, tag, head, MARK)).rejects.toMatchObject({ code: expect.stringMatching(/^git-/) });
  expect(bare.git('for-each-ref')).toBe(before);
});

test('where the key may only read: git-refused', async () => {
  const head = await mirror.fetchHead('main');
  refuseBy(bare, 'This deploy key does not have write access to this project.');
  await expect(moveTag(mirror, 'sluice-sync', head, MARK)).rejects.toMatchObject({
    code: 'git-refused',
    retryable: false,
    message: expect.stringContaining('This deploy key does not have write access to this project'),
  });
});
