import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HISTORY_DEPTH } from '../../shared/git-host/port.ts';
import { type BareRepository, bareRepository, type TestFile } from './bare-repository.ts';
import { AUTHOR, type GitHostStage } from './git-host.ts';

const FILES: readonly TestFile[] = [
  { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
  { path: 'k8s/über straße.yml', content: 'a: 1\n' },
  { path: 'k8s/old/name.yml', content: `a: ${'content '.repeat(40)}\n` },
  { path: 'k8s/run.yml', content: 'image: hello:1\n' },
  { path: 'root.yml', content: 'a: 1\n' },
];
const IDENTITY = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];

/** Puts a commit on `main` whose tree is what these commands of `git update-index` make of the one before. */
function change(bare: BareRepository, ...commands: readonly (readonly string[])[]): string {
  bare.git('read-tree', 'main');
  for (const command of commands) {
    bare.git(`--work-tree=${bare.path}`, 'update-index', ...command);
  }
  const commit = bare
    .git(...IDENTITY, 'commit-tree', '-p', 'main', '-m', 'other', bare.git('write-tree').trim())
    .trim();
  bare.git('update-ref', 'refs/heads/main', commit);
  return commit;
}

/** What every Git host tells of changes and of the past, and how it begins files and branches. */
export function describeGitHistory(name: string, start: (repositories: string) => Promise<GitHostStage>) {
  describe(`Git host, ${name}, history`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-git-history-'));
    let stage: GitHostStage;
    beforeAll(async () => {
      stage = await start(directory);
    });
    afterAll(async () => {
      await stage?.stop();
      rmSync(directory, { recursive: true, force: true });
    });
    const repository = () => {
      const id = randomUUID();
      return { bare: bareRepository(join(directory, `${id}.git`), FILES), host: stage.open(id) };
    };
    const blob = (bare: BareRepository, path: string) => bare.git('rev-parse', `main:${path}`).trim();

    describe('compare', () => {
      const put = (bare: BareRepository, path: string, from: string, mode = '100644') => [
        '--add',
        '--cacheinfo',
        `${mode},${blob(bare, from)},${path}`,
      ];

      test.each<{ what: string; commands: (bare: BareRepository) => (readonly string[])[]; changed: string[] }>([
        {
          what: 'modified',
          commands: (bare) => [put(bare, 'k8s/deploy.yml', 'root.yml')],
          changed: ['k8s/deploy.yml'],
        },
        {
          what: 'modified, with a name that is not plain',
          commands: (bare) => [put(bare, 'k8s/über straße.yml', 'k8s/deploy.yml')],
          changed: ['k8s/über straße.yml'],
        },
        {
          what: 'made executable',
          commands: (bare) => [put(bare, 'k8s/run.yml', 'k8s/run.yml', '100755')],
          changed: ['k8s/run.yml'],
        },
        {
          what: 'added, in a new folder too',
          commands: (bare) => [put(bare, 'k8s/new.yml', 'root.yml'), put(bare, 'new/folder/a.yml', 'root.yml')],
          changed: ['k8s/new.yml', 'new/folder/a.yml'],
        },
        {
          what: 'removed',
          commands: () => [
            ['--force-remove', 'root.yml'],
            ['--force-remove', 'k8s/old/name.yml'],
          ],
          changed: ['k8s/old/name.yml', 'root.yml'],
        },
        {
          what: 'renamed',
          commands: (bare) => [
            put(bare, 'k8s/fresh/name.yml', 'k8s/old/name.yml'),
            ['--force-remove', 'k8s/old/name.yml'],
          ],
          changed: ['k8s/fresh/name.yml', 'k8s/old/name.yml'],
        },
        {
          what: 'made a folder of',
          commands: (bare) => [['--force-remove', 'root.yml'], put(bare, 'root.yml/a.yml', 'k8s/deploy.yml')],
          changed: ['root.yml', 'root.yml/a.yml'],
        },
      ])('tells of what was $what', async ({ commands, changed }) => {
        const { bare, host } = repository();
        const before = await host.head('main');
        const head = change(bare, ...commands(bare));
        const comparison = await host.compare(before, 'main');
        expect(comparison.head).toBe(head);
        expect(comparison.changed?.toSorted()).toEqual(changed.toSorted());
        expect(await host.files(head, changed)).toHaveLength(
          changed.filter((path) => bare.git('ls-tree', '-r', '-z', '--name-only', head).split('\0').includes(path))
            .length,
        );
      });

      test('tells of the sum of several commits, and of nothing where nothing moved', async () => {
        const { bare, host } = repository();
        const before = await host.head('main');
        expect(await host.compare(before, 'main')).toEqual({ head: before, changed: [] });
        bare.commit([{ path: 'a.yml', content: 'a: 1\n' }]);
        bare.commit([{ path: 'k8s/deploy.yml', content: 'image: hello:2\n' }]);
        const head = change(bare, ['--force-remove', 'a.yml']);
        expect(await host.compare(before, 'main')).toEqual({ head, changed: ['k8s/deploy.yml'] });
      });

      test('of a revision that nobody knows: the head, and that everything is to be read', async () => {
        const { bare, host } = repository();
        const head = bare.git('rev-parse', 'main').trim();
        expect(await host.compare('1'.repeat(40), 'main')).toEqual({ head, changed: undefined });
        expect(await host.files(head, ['k8s/deploy.yml'])).toHaveLength(1);
      });

      test.each([
        { how: 'set back', move: (bare: BareRepository) => bare.git('rev-parse', 'main~1') },
        {
          how: 'written anew',
          move: (bare: BareRepository) => bare.git(...IDENTITY, 'commit-tree', '-m', 'anew', 'main~1^{tree}'),
        },
      ])('of a branch that was $how: what differs, or that everything is to be read', async ({ move }) => {
        const { bare, host } = repository();
        bare.commit([{ path: 'k8s/deploy.yml', content: 'image: hello:2\n' }]);
        const before = await host.head('main');
        const head = move(bare).trim();
        bare.git('update-ref', 'refs/heads/main', head);
        const comparison = await host.compare(before, 'main');
        expect(comparison.head).toBe(head);
        expect([undefined, ['k8s/deploy.yml']]).toContainEqual(comparison.changed);
        expect(await host.files(head, ['k8s/deploy.yml'])).toMatchObject([{ text: 'image: hello:1\n' }]);
      });

      test('with a branch that does not exist: git-not-found', async () => {
        const { host } = repository();
        const head = await host.head('main');
        await expect(host.compare(head, 'gone')).rejects.toMatchObject({ code: 'git-not-found', retryable: false });
      });
    });

    describe('history', () => {
      test('is of the branch as it is now, the newest first, with whole messages', async () => {
        const { bare, host } = repository();
        const first = await host.head('main');
        const edits = [{ path: 'root.yml', text: 'a: 2\n' }];
        const message = 'hello: 1 → 2\n\nBody — ü\n\nSluice-Update: hello 1 2\n';
        const second = await host.commit({ branch: 'main', expectedHead: first, edits, message, author: AUTHOR });
        const third = bare.commit([{ path: 'k8s/deploy.yml', content: 'image: hello:3\n' }]);
        const past = await host.history('main');
        expect(past.map(({ revision }) => revision)).toEqual([third, second, first]);
        expect(past.map(({ parents }) => parents)).toEqual([[second], [first], []]);
        expect(past.map((one) => one.message.trimEnd())).toEqual(['other', message.trimEnd(), 'other']);
        const seconds = bare.git('log', '--format=%ct', third).trim().split('\n').map(Number);
        expect(past.map(({ committedAt }) => committedAt / 1000)).toEqual(seconds);
        // Whoever looked back reads on as before.
        expect(await host.head('main')).toBe(third);
        expect(await host.files(third, ['k8s/deploy.yml'])).toMatchObject([{ text: 'image: hello:3\n' }]);
      });

      test(`is of ${HISTORY_DEPTH} commits at most`, async () => {
        const { bare, host } = repository();
        const tree = bare.git('rev-parse', 'main^{tree}').trim();
        let head = bare.git('rev-parse', 'main').trim();
        for (let count = 0; count < HISTORY_DEPTH + 5; count += 1) {
          head = bare.git(...IDENTITY, 'commit-tree', '-p', head, '-m', `commit ${count}`, tree).trim();
        }
        bare.git('update-ref', 'refs/heads/main', head);
        const past = await host.history('main');
        expect(past).toHaveLength(HISTORY_DEPTH);
        expect(past[0]).toMatchObject({ revision: head, message: expect.stringMatching(/^commit 104\n?$/) });
        expect(new Set(past.map(({ revision }) => revision)).size).toBe(HISTORY_DEPTH);
      });

      test('of a branch that does not exist: git-not-found', async () => {
        await expect(repository().host.history('gone')).rejects.toMatchObject({ code: 'git-not-found' });
      });
    });

    describe('the history of a file', () => {
      const file = 'k8s/deploy.yml';
      const all = async <T>(items: AsyncIterable<T>) => {
        const found: T[] = [];
        for await (const item of items) {
          found.push(item);
        }
        return found;
      };

      test('is of the commits that changed it, with parents and times, and what it said in each', async () => {
        const { bare, host } = repository();
        const first = bare.git('rev-parse', 'main').trim();
        const second = bare.commit([{ path: file, content: 'image: hello:2\n' }]);
        const between = bare.commit([{ path: 'root.yml', content: 'a: 2\n' }]);
        const third = bare.commit([{ path: file, content: 'image: hello:3\n' }]);
        const head = bare.commit([{ path: 'root.yml', content: 'a: 3\n' }]);
        const past = await all(host.fileHistory('main', await host.head('main'), file));
        expect(past.map(({ revision, parents }) => [revision, parents])).toEqual([
          [third, [between]],
          [second, [first]],
          [first, []],
        ]);
        const seconds = bare.git('log', '-3', '--format=%ct', third, '--', file).trim().split('\n').map(Number);
        expect(past.map(({ committedAt }) => committedAt / 1000)).toEqual(seconds);
        expect(past.map(({ message }) => message.trim())).toEqual(['other', 'other', 'other']);
        // Of the file, or of the branch.
        expect([
          [1, 2, 3],
          [2, 4, 5],
        ]).toContainEqual(past.map(({ depth }) => depth));
        const texts = [head, between, first].map(async (revision) => host.fileAt(revision, file));
        expect(await Promise.all(texts)).toEqual(['image: hello:3\n', 'image: hello:2\n', 'image: hello:1\n']);
        expect(await host.fileAt(first, 'k8s/none.yml')).toBeUndefined();
        expect(await host.fileAt(first, 'k8s')).toBeUndefined();
        expect(await all(host.fileHistory('main', second, file))).toHaveLength(2);
        expect(await all(host.fileHistory('main', second, 'k8s/none.yml'))).toEqual([]);
      });

      test('goes back further than a page of it, and than commits of other files', async () => {
        const { bare, host } = repository();
        const first = bare.git('rev-parse', 'main').trim();
        bare.commitEach(
          Array.from({ length: 2 * HISTORY_DEPTH + 5 }, (_, at) => [
            { path: file, content: `image: hello:${(at % 2) + 2}\n` },
          ]),
        );
        const past = await all(host.fileHistory('main', await host.head('main'), file));
        expect(past).toHaveLength(2 * HISTORY_DEPTH + 6);
        expect(past.at(-1)).toMatchObject({ revision: first, depth: 2 * HISTORY_DEPTH + 6 });
        expect(await host.fileAt(first, file)).toBe('image: hello:1\n');
      });

      test('of a merge goes on where the file came from', async () => {
        const { bare, host } = repository();
        const base = bare.git('rev-parse', 'main').trim();
        const side = bare.commit([{ path: file, content: 'image: hello:2\n' }]);
        const [tree, other] = [`${side}^{tree}`, `${base}^{tree}`].map((one) => bare.git('rev-parse', one).trim());
        const ours = bare.git(...IDENTITY, 'commit-tree', '-p', base, '-m', 'ours', other ?? '').trim();
        const merge = bare.git(...IDENTITY, 'commit-tree', '-p', ours, '-p', side, '-m', 'merge', tree ?? '').trim();
        bare.git('update-ref', 'refs/heads/main', merge);
        const past = await all(host.fileHistory('main', await host.head('main'), file));
        expect(past.map(({ revision }) => revision)).toEqual([side, base]);
      });
    });

    describe('commit', () => {
      const edit = { path: 'k8s/deploy.yml', text: 'image: hello:2\n' };

      test('makes a new branch, which is the head of nothing else', async () => {
        const { bare, host } = repository();
        const head = await host.head('main');
        const request = { branch: 'sluice/hello', newBranch: true, expectedHead: head, message: 'x\n', author: AUTHOR };
        const commit = await host.commit({ ...request, edits: [edit] });
        expect(bare.git('for-each-ref', '--format=%(refname) %(objectname)').trim().split('\n')).toEqual([
          `refs/heads/main ${head}`,
          `refs/heads/sluice/hello ${commit}`,
        ]);
        expect(await host.head('sluice/hello')).toBe(commit);
        expect(await host.compare(head, 'sluice/hello')).toEqual({ head: commit, changed: [edit.path] });
      });

      test('never takes a branch that is there for a new one: git-head-moved', async () => {
        const { bare, host } = repository();
        const head = await host.head('main');
        bare.git('branch', 'sluice/hello', 'main');
        const refs = bare.git('for-each-ref');
        const request = { branch: 'sluice/hello', newBranch: true, expectedHead: head, message: 'x\n', author: AUTHOR };
        await expect(host.commit({ ...request, edits: [edit] })).rejects.toMatchObject({
          code: 'git-head-moved',
          retryable: true,
        });
        expect(bare.git('for-each-ref')).toBe(refs);
      });

      describe('that overtakes a branch which is behind', () => {
        const behind = async () => {
          const { bare, host } = repository();
          const first = await host.head('main');
          const request = { branch: 'deploy', message: 'x\n', author: AUTHOR };
          const other = { path: 'root.yml', text: 'a: 2\n' };
          const ours = await host.commit({ ...request, newBranch: true, expectedHead: first, edits: [other] });
          const base = bare.commit([
            { path: 'k8s/new.yml', content: 'image: hello:1\n' },
            { path: 'k8s/link', content: 'deploy.yml', mode: '120000' },
            { path: 'bin.dat', content: Buffer.from([0, 255, 1]) },
          ]);
          await host.head('main');
          const edits = [{ path: 'k8s/new.yml', text: 'image: hello:2\n' }];
          return { bare, host, ours, base, overtake: { ...request, expectedHead: base, overtakes: ours, edits } };
        };

        test('gives it all that its base has, and the edits; the base is among its parents', async () => {
          const { bare, host, ours, base, overtake } = await behind();
          await host.history('deploy');
          const commit = await host.commit(overtake);
          expect(bare.git('rev-parse', 'deploy').trim()).toBe(commit);
          expect(bare.git('diff', '--name-only', base, commit).trim()).toBe('k8s/new.yml');
          expect(bare.git('show', `${commit}:k8s/new.yml`)).toBe('image: hello:2\n');
          expect(bare.git('rev-parse', 'main').trim()).toBe(base);
          const parents = bare.git('show', '--no-patch', '--format=%P', commit).trim();
          expect([`${ours} ${base}`, base]).toContain(parents);
          expect((await host.history('deploy')).map(({ revision }) => revision)).toContain(base);
          expect(await host.files(commit, ['k8s/new.yml'])).toMatchObject([{ text: 'image: hello:2\n' }]);
          expect(bare.git('fsck', '--strict', '--no-dangling')).toBe('');
        });

        test.each([
          { how: 'moved on', move: (bare: BareRepository) => void bare.commit([], 'deploy') },
          {
            how: 'was set to the base',
            move: (bare: BareRepository) => void bare.git('update-ref', 'refs/heads/deploy', 'main'),
          },
          {
            how: 'is gone',
            move: (bare: BareRepository) => void bare.git('update-ref', '-d', 'refs/heads/deploy'),
          },
        ])('never where the branch $how: git-head-moved', async ({ move }) => {
          const { bare, host, overtake } = await behind();
          move(bare);
          const refs = bare.git('for-each-ref');
          await expect(host.commit(overtake)).rejects.toMatchObject({ code: 'git-head-moved', retryable: true });
          expect(bare.git('for-each-ref')).toBe(refs);
        });
      });

      test('makes new files, in a new folder too, beside one that is there', async () => {
        const { bare, host } = repository();
        const head = await host.head('main');
        const edits = [
          { path: '.sluice/blocked.yml', text: 'blocked: []\n', create: true },
          { path: 'k8s/deeper/still/ü.yml', text: 'a: ☃\n', create: true },
          { ...edit, create: true },
        ];
        const commit = await host.commit({ branch: 'main', expectedHead: head, edits, message: 'x\n', author: AUTHOR });
        for (const { path, text } of edits) {
          expect(bare.read(path).toString('utf8')).toBe(text);
        }
        const changed = (await host.compare(head, 'main')).changed?.toSorted();
        expect(changed).toEqual(edits.map(({ path }) => path).toSorted());
        expect(bare.git('ls-tree', commit, '.sluice/blocked.yml')).toMatch(/^100644 blob /);
        expect(bare.git('fsck', '--strict')).toBe('');
      });
    });
  });
}
