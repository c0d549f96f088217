import { describe, expect, test } from 'vitest';
import type { CommitRequest } from '../../../../shared/git-host/port.ts';
import { refuseBy } from '../../../contract/git-files.ts';
import { recordingLog } from '../../../fakes/recording.ts';
import { gitHub, thrownBy } from './stage.ts';

const github = gitHub();
const FILES = [
  { path: 'k8s/a.yml', content: 'a: 1\n' },
  { path: 'k8s/b.yml', content: 'b: 1\n' },
  { path: 'k8s/link', content: 'a.yml', mode: '120000' },
] as const;
const AUTHOR = { name: 'Sluice', email: 'sluice@example.com' };
const WRITES = ['POST git/trees 201', 'POST git/commits 201', 'PATCH git/refs/heads%2Fmain 200'];

function request(expectedHead: string, more: Partial<CommitRequest> = {}): CommitRequest {
  const edits = [{ path: 'k8s/a.yml', text: 'a: 2\n' }];
  return { branch: 'main', expectedHead, edits, message: 'x\n', author: AUTHOR, ...more };
}

async function known() {
  const stage = github.stage(FILES);
  const head = await stage.host.head('main');
  await stage.host.files(head, ['']);
  return { ...stage, head };
}

describe('the branch is looked at before it is moved', () => {
  test('where only its head was asked for', async () => {
    const { host, head, asked } = await known();
    asked();
    await host.commit(request(head));
    expect(asked()).toEqual([...WRITES.slice(0, 2), 'GET branches/main 304', ...WRITES.slice(2)]);
  });

  test.each([
    { name: 'but not a moment after its history was read', millis: 4999, looks: 0 },
    { name: 'and again later than that', millis: 5000, looks: 1 },
  ])('$name', async ({ millis, looks }) => {
    const { again, head, asked } = await known();
    let now = 0;
    const host = again({ now: () => now });
    await host.files(head, ['']);
    await host.history('main');
    now += millis;
    asked();
    await host.commit(request(head));
    expect(asked().filter((one) => one.startsWith('GET branches/main'))).toHaveLength(looks);
  });

  test('and one that was set back is left there', async () => {
    const { host, bare, head } = await known();
    const later = bare.commit([{ path: 'k8s/b.yml', content: 'b: 2\n' }]);
    await host.head('main');
    bare.git('update-ref', 'refs/heads/main', head);
    await expect(host.commit(request(later))).rejects.toMatchObject({
      code: 'git-head-moved',
      retryable: true,
      message: expect.stringContaining(`branch main: expected ${later} at its head, found ${head}`),
    });
    expect(bare.git('rev-parse', 'main').trim()).toBe(head);
  });
});

describe('a lost answer', () => {
  test.each([
    { lost: 'POST git/trees', path: '/git/trees', isMade: false },
    { lost: 'POST git/commits', path: '/git/commits', isMade: false },
    { lost: 'PATCH git/refs', path: '/git/refs/', isMade: true },
  ])('of $lost is not asked for again: git-unavailable', async ({ path, isMade }) => {
    for (const fault of [{ kind: 'cut' }, { kind: 'status', status: 502, afterWork: true }] as const) {
      const { host, bare, head, asked } = await known();
      asked();
      github.double().plan = (taken) => (taken.method !== 'GET' && taken.path.includes(path) ? fault : undefined);
      await expect(host.commit(request(head))).rejects.toMatchObject({ code: 'git-unavailable', retryable: true });
      expect(asked().filter((one) => one.includes(path.slice(1)))).toHaveLength(1);
      expect(bare.git('rev-parse', 'main').trim() !== head).toBe(isMade);
      github.double().plan = () => undefined;
      // Who decides anew is on the safe side either way.
      const again = await host.head('main');
      const text = (await host.files(again, ['k8s/a.yml']))[0]?.text;
      expect(text).toBe(isMade ? 'a: 2\n' : 'a: 1\n');
      await host.commit(request(again, { edits: [{ path: 'k8s/a.yml', text: 'a: 3\n' }] }));
      expect(bare.log()).toHaveLength(isMade ? 3 : 2);
    }
  });
});

describe('a file', () => {
  test('that changed since the tree was read is written in its new mode', async () => {
    const { host, bare, head } = await known();
    const later = bare.commit([{ path: 'k8s/a.yml', content: 'a: 1.1\n', mode: '100755' }]);
    await host.compare(head, 'main');
    await host.commit(request(later));
    expect(bare.git('ls-tree', 'main', 'k8s/a.yml')).toMatch(/^100755 /);
  });

  test('that became a link is not written: git-refused', async () => {
    const { host, bare, head } = await known();
    const later = bare.commit([{ path: 'k8s/a.yml', content: 'b.yml', mode: '120000' }]);
    await host.compare(head, 'main');
    await expect(host.commit(request(later))).rejects.toMatchObject({
      code: 'git-refused',
      message: 'k8s/a.yml: expected a regular file, found none',
    });
  });

  test('may be new where that is said', async () => {
    const { host, bare, head } = await known();
    const edits = [{ path: '.sluice/blocked.yml', text: 'blocked: []\n', create: true }];
    const commit = await host.commit(request(head, { edits }));
    expect(bare.git('ls-tree', 'main', '.sluice/blocked.yml')).toMatch(/^100644 blob /);
    expect(await host.files(commit, ['.sluice'])).toMatchObject([
      { path: '.sluice/blocked.yml', text: 'blocked: []\n' },
    ]);
  });

  test.each([
    { name: 'a folder', path: 'k8s', at: 'k8s/a.yml' },
    { name: 'a link', path: 'k8s/link', at: 'k8s/link' },
    { name: 'the folder of a link', path: 'k8s/link/x.yml', at: 'k8s/link' },
    { name: 'the folder of a file', path: 'k8s/a.yml/x.yml', at: 'k8s/a.yml' },
  ])('takes not the place of $name: git-refused', async ({ path, at }) => {
    const { host, head } = await known();
    await expect(host.commit(request(head, { edits: [{ path, text: 'x', create: true }] }))).rejects.toMatchObject({
      code: 'git-refused',
      message: `${path}: expected a regular file, or nothing, found something else at ${at}`,
    });
  });

  test('out of the repository: git-refused, in the words of GitHub', async () => {
    const { host, head } = await known();
    const edits = [{ path: '../x.yml', text: 'x', create: true }];
    await expect(host.commit(request(head, { edits }))).rejects.toMatchObject({
      code: 'git-refused',
      message: expect.stringMatching(
        /^repository .*found tree\.path contains a malformed path component \(status 422\)$/,
      ),
    });
  });
});

describe('a repository', () => {
  test('that is archived: git-refused', async () => {
    const { host, head, name } = await known();
    github.double().repository(name).settings.archived = true;
    await expect(host.commit(request(head))).rejects.toMatchObject({
      code: 'git-refused',
      retryable: false,
      message: expect.stringMatching(
        /^repository .*: expected a repository that takes commits, found an archived one \(status 403\)\. Unarchive it, or take it out of sluice\.yml\.$/,
      ),
    });
  });

  test('that does not let these credentials write: git-unauthorized, with the permission', async () => {
    const { again, head } = await known();
    const host = again({ credentials: { kind: 'token', token: 'read-token' } });
    expect(await thrownBy(host.commit(request(head)))).toMatchObject({
      code: 'git-unauthorized',
      message: expect.stringMatching(
        /expected credentials with the permission contents: write, found Resource not accessible by personal access token \(status 403\)\. Check the credentials/,
      ),
    });
  });

  test('that moved is read where it is, with a warning; a write names the new place', async () => {
    const { again, name, head } = await known();
    const { log, lines } = recordingLog();
    const host = again({ log });
    github.double().rename(name, `${name}-new`);
    expect(await host.head('main')).toBe(head);
    expect(await host.files(head, [''])).toHaveLength(2);
    expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('moved') }]);
    await expect(host.commit(request(head))).rejects.toMatchObject({
      code: 'git-not-found',
      message: expect.stringMatching(
        new RegExp(`found it moved to http://\\S+/acme/${name}-new\\. Put its new url into sluice\\.yml\\.$`),
      ),
    });
  });

  test('that is empty: git-not-found, and says so', async () => {
    const { host, bare } = await known();
    bare.git('update-ref', '-d', 'refs/heads/main');
    const looks = [
      async () => host.head('main'),
      async () => host.history('main'),
      async () => host.compare('1'.repeat(40), 'main'),
    ];
    for (const look of looks) {
      await expect(look()).rejects.toMatchObject({
        code: 'git-not-found',
        message: expect.stringMatching(/expected a repository with a commit, found Git Repository is empty/),
      });
    }
  });

  test('whose rule forbids a new branch: git-refused, in its words', async () => {
    const { host, head, bare } = await known();
    refuseBy(bare, 'Cannot create ref due to creations being restricted.');
    await expect(host.commit(request(head, { branch: 'sluice/x', newBranch: true }))).rejects.toMatchObject({
      code: 'git-refused',
      message: expect.stringMatching(
        /: Repository rule violations found Cannot create ref due to creations being restricted\. Allow the account/,
      ),
    });
  });
});

test('a status is put beside a commit, cut to what GitHub takes', async () => {
  const { host, head, name } = await known();
  await host.setStatus?.(head, { state: 'failure', name: 'sluice/production', description: `${'x'.repeat(138)}😀yz` });
  await host.setStatus?.(head, { state: 'success', name: 'sluice/production', description: 'Applied.' });
  expect(github.double().repository(name).statuses).toMatchObject([
    { sha: head, state: 'failure', context: 'sluice/production', description: `${'x'.repeat(138)}…` },
    { sha: head, state: 'success', context: 'sluice/production', description: 'Applied.' },
  ]);
});
