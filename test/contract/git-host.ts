import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSluiceError } from '../../shared/errors.ts';
import type { CommitRequest, GitHost } from '../../shared/git-host/port.ts';
import { type BareRepository, bareRepository } from './bare-repository.ts';
import { BOM, LATIN1, MANIFESTS, refuseBy } from './git-files.ts';

/** One kind of Git host, serving bare repositories of a directory. */
export interface GitHostStage {
  /** The host of the repository `NAME.git`, by credentials that may write. Each has caches of its own. */
  open(name: string): GitHost;
  stop(): Promise<void>;
}

/** What a commit needs besides its place. */
export const AUTHOR = { name: 'Sluice', email: 'sluice@example.com' };
const EDIT = { path: 'k8s/deploy.yml', text: 'image: hello:2\n' };
const ROUNDS = 20;

function request(expectedHead: string, more: Partial<CommitRequest> = {}): CommitRequest {
  return { branch: 'main', expectedHead, edits: [EDIT], message: 'hello: 1 → 2\n', author: AUTHOR, ...more };
}

/** What every Git host does, whoever serves it. */
export function describeGitHost(name: string, start: (repositories: string) => Promise<GitHostStage>) {
  describe(`Git host, ${name}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-git-host-'));
    let stage: GitHostStage;
    let untouched: ReturnType<typeof repository>;
    const repository = (): { bare: BareRepository; host: GitHost; again: () => GitHost } => {
      const id = randomUUID();
      const bare = bareRepository(join(directory, `${id}.git`), MANIFESTS);
      return { bare, host: stage.open(id), again: () => stage.open(id) };
    };
    const headOf = (bare: BareRepository) => bare.git('rev-parse', 'refs/heads/main').trim();
    beforeAll(async () => {
      stage = await start(directory);
      // For what only reads.
      untouched = repository();
      await untouched.host.head('main');
    });
    afterAll(async () => {
      await stage?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    describe('head', () => {
      test('is the commit of the branch, each time asked', async () => {
        const { bare, host } = repository();
        expect(await host.head('main')).toBe(headOf(bare));
        expect(await host.head('main')).toBe(headOf(bare));
        const later = bare.commit([{ path: 'k8s/deploy.yml', content: 'image: hello:1.1\n' }]);
        expect(await host.head('main')).toBe(later);
        const asked = await Promise.all(Array.from({ length: 8 }, async () => host.head('main')));
        expect(asked).toEqual(asked.map(() => later));
      });

      test('follows a branch that was set back or written anew', async () => {
        const { bare, host } = repository();
        const first = await host.head('main');
        bare.commit([{ path: 'k8s/deploy.yml', content: 'image: hello:1.1\n' }]);
        await host.head('main');
        bare.git('update-ref', 'refs/heads/main', first);
        expect(await host.head('main')).toBe(first);
        const tree = bare.git('rev-parse', `${first}^{tree}`).trim();
        const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
        const orphan = bare.git(...identity, 'commit-tree', '-m', 'anew', tree).trim();
        bare.git('update-ref', 'refs/heads/main', orphan);
        expect(await host.head('main')).toBe(orphan);
        expect(await host.files(orphan, ['k8s/deploy.yml'])).toHaveLength(1);
      });

      test('keeps branches apart, also where one takes the name of a folder of another', async () => {
        const { bare, host } = repository();
        const main = await host.head('main');
        bare.git('branch', 'release', 'main');
        const release = bare.commit([{ path: 'release.yml', content: 'a: 1\n' }], 'release');
        expect(await host.head('release')).toBe(release);
        bare.git('branch', '-m', 'release', 'release/1.0');
        expect(await host.head('release/1.0')).toBe(release);
        expect(await host.head('main')).toBe(main);
      });

      test.each([{ branch: 'gone' }, { branch: 'mai' }, { branch: 'heads/main' }])(
        'of a branch that does not exist ($branch): git-not-found',
        async ({ branch }) => {
          await expect(untouched.host.head(branch)).rejects.toMatchObject({
            code: 'git-not-found',
            retryable: false,
            message: expect.stringContaining('Check the url and the branch in sluice.yml.'),
          });
        },
      );

      test('of a repository that does not exist: git-not-found', async () => {
        await expect(stage.open('nowhere').head('main')).rejects.toMatchObject({
          code: 'git-not-found',
          retryable: false,
          message: expect.stringMatching(/^repository .*nowhere/),
        });
      });

      test.each([
        { branch: '--upload-pack=touch /tmp/x' },
        { branch: '-main' },
        { branch: '' },
        { branch: 'a..b' },
        { branch: 'a b' },
        { branch: 'main:other' },
        { branch: 'a\nb' },
        { branch: 'refs/heads/*' },
      ])('of what cannot be a branch ($branch): config-invalid', async ({ branch }) => {
        const { host, bare } = untouched;
        await expect(host.head(branch)).rejects.toMatchObject({ code: 'config-invalid' });
        await expect(host.commit(request(headOf(bare), { branch }))).rejects.toMatchObject({ code: 'config-invalid' });
      });
    });

    describe('files', () => {
      const pathsOf = async (...paths: readonly string[]) => {
        const { host } = untouched;
        return (await host.files(await host.head('main'), paths)).map(({ path }) => path).toSorted();
      };
      const k8s = [
        'k8s/bom.yml',
        'k8s/crlf.yaml',
        'k8s/deploy.yml',
        'k8s/line\nbreak.yml',
        'k8s/pod.json',
        'k8s/quoted "name" \\.yml',
        'k8s/run.yml',
        'k8s/UPPER.YML',
        'k8s/with space/über straße.yaml',
      ].toSorted();

      test.each([
        { paths: ['k8s'], found: k8s },
        { paths: ['./k8s/'], found: k8s },
        { paths: ['/k8s//'], found: k8s },
        { paths: ['k8s/deploy.yml', 'k8s/deploy.yml'], found: ['k8s/deploy.yml'] },
        { paths: ['k8s/with space'], found: ['k8s/with space/über straße.yaml'] },
        { paths: [''], found: [':(top)odd.yml', 'k*/star.yml', 'k8s-other/x.yml', 'root.yml', ...k8s].toSorted() },
        {
          paths: ['.', 'k8s'],
          found: [':(top)odd.yml', 'k*/star.yml', 'k8s-other/x.yml', 'root.yml', ...k8s].toSorted(),
        },
        { paths: ['k*'], found: ['k*/star.yml'] },
        { paths: [':(top)odd.yml'], found: [':(top)odd.yml'] },
        { paths: ['nowhere', 'root.yml'], found: ['root.yml'] },
        { paths: ['linked'], found: [] },
        { paths: ['linked/deploy.yml'], found: [] },
        { paths: ['module'], found: [] },
        { paths: ['..', '../k8s'], found: [] },
        { paths: [], found: [] },
      ])('at or below $paths', async ({ paths, found }) => {
        expect(await pathsOf(...paths)).toEqual(found);
      });

      test('gives text as it is, and the same blob for the same content', async () => {
        const { host, bare } = repository();
        const before = await host.files(await host.head('main'), ['k8s']);
        const textOf = (path: string) => before.find((file) => file.path === path)?.text;
        expect(textOf('k8s/crlf.yaml')).toBe('image: hello:1\r\nkind: Pod\r\n');
        expect(textOf('k8s/bom.yml')).toBe(`${BOM}image: hello:1\n`);
        expect(textOf('k8s/deploy.yml')).toBe('image: hello:1\n');
        bare.commit([{ path: 'k8s/deploy.yml', content: 'image: hello:1.1\n' }]);
        const after = await host.files(await host.head('main'), ['k8s']);
        const blobs = (files: typeof before) => new Map(files.map(({ path, blob }) => [path, blob]));
        const changed = [...blobs(after)].filter(([path, blob]) => blobs(before).get(path) !== blob);
        expect(changed.map(([path]) => path)).toEqual(['k8s/deploy.yml']);
      });

      test.each([{ revision: '1'.repeat(40) }, { revision: 'main' }, { revision: '--help' }, { revision: 'HEAD^' }])(
        'at $revision, which no head gave: git-not-found',
        async ({ revision }) => {
          await expect(untouched.host.files(revision, [''])).rejects.toMatchObject({
            code: 'git-not-found',
            retryable: false,
          });
        },
      );
    });

    describe('commit', () => {
      test('changes what is edited, keeps modes, and leaves every other byte', async () => {
        const { bare, host } = repository();
        const head = await host.head('main');
        const edits = [
          { path: 'k8s/run.yml', text: 'image: hello:2\n' },
          { path: 'k8s/crlf.yaml', text: 'image: hello:2\r\nkind: Pod\r\n' },
          { path: 'k8s/bom.yml', text: `${BOM}image: hello:2\n` },
          { path: 'k8s/with space/über straße.yaml', text: 'größe: 2' },
          { path: 'k8s/quoted "name" \\.yml', text: '' },
          { path: 'k8s/line\nbreak.yml', text: 'a: "☃"\n' },
        ];
        const before = bare.git('ls-tree', '-r', '-z', head).split('\0');
        const commit = await host.commit(request(head, { edits, message: 'Subject → ü\n\nBody\n\nTrailer: x\n' }));
        const after = bare.git('ls-tree', '-r', '-z', commit).split('\0');
        expect(after.map((line) => line.replace(/ [0-9a-f]{40}/, ''))).toEqual(
          before.map((line) => line.replace(/ [0-9a-f]{40}/, '')),
        );
        const changed = after.filter((line) => !before.includes(line)).map((line) => line.split('\t')[1]);
        expect(new Set(changed)).toEqual(new Set(edits.map(({ path }) => path)));
        for (const { path, text } of edits) {
          expect(bare.read(path).toString('utf8')).toBe(text);
        }
        expect(bare.read('k8s/latin1.yml')).toEqual(LATIN1);
        expect(bare.log()[0]).toEqual({
          commit,
          parents: head,
          author: 'Sluice <sluice@example.com>',
          committer: 'Sluice <sluice@example.com>',
          message: 'Subject → ü\n\nBody\n\nTrailer: x\n',
        });
        expect(bare.git('for-each-ref', '--format=%(refname)').trim()).toBe('refs/heads/main');
      });

      test('is the head afterwards, and its files are there at once', async () => {
        const { bare, host } = repository();
        const commit = await host.commit(request(await host.head('main')));
        expect(headOf(bare)).toBe(commit);
        expect(await host.files(commit, ['k8s/deploy.yml'])).toMatchObject([{ text: 'image: hello:2\n' }]);
        const edits = [{ path: 'k8s/deploy.yml', text: 'image: hello:3\n' }];
        const next = await host.commit(request(commit, { edits }));
        expect(await host.head('main')).toBe(next);
        expect(bare.log().map(({ parents }) => parents)).toEqual([commit, expect.any(String), '']);
      });

      test('takes the author for one line, whatever it holds', async () => {
        const { bare, host } = repository();
        const author = { name: 'Eve <x>\nfrom 0', email: 'e>\nve' };
        await host.commit(request(await host.head('main'), { author }));
        expect(bare.log()[0]?.author).toBe('Eve xfrom 0 <eve>');
      });

      test.each([
        { name: 'another commit', meanwhile: (bare: BareRepository) => bare.commit([{ path: 'a.txt', content: 'a' }]) },
        {
          name: 'a branch that was set back',
          meanwhile: (bare: BareRepository) => bare.git('update-ref', 'refs/heads/main', 'refs/heads/main~1'),
        },
        {
          name: 'a branch that was deleted',
          meanwhile: (bare: BareRepository) => bare.git('update-ref', '-d', 'refs/heads/main'),
        },
      ])(
        'on a head that is no longer there ($name): git-head-moved, and what others did stays',
        async ({ meanwhile }) => {
          const { bare, host } = repository();
          bare.commit([{ path: 'k8s/deploy.yml', content: 'image: hello:1.1\n' }]);
          const head = await host.head('main');
          meanwhile(bare);
          const refs = bare.git('for-each-ref');
          await expect(host.commit(request(head))).rejects.toMatchObject({ code: 'git-head-moved', retryable: true });
          expect(bare.git('for-each-ref')).toBe(refs);
        },
      );

      test.each([
        { name: 'a symbolic link', path: 'k8s/link.yml' },
        { name: 'a file behind a link', path: 'linked/deploy.yml' },
        { name: 'a submodule', path: 'module' },
        { name: 'a folder', path: 'k8s' },
        { name: 'a file that is not there', path: 'k8s/new.yml' },
        { name: 'a path out of the repository', path: '../root.yml' },
      ])('never writes to $name', async ({ path }) => {
        const { bare, host } = untouched;
        const head = await host.head('main');
        await expect(host.commit(request(head, { edits: [EDIT, { path, text: 'x' }] }))).rejects.toMatchObject({
          code: 'git-refused',
          message: `${path}: expected a regular file, found none`,
        });
        expect(headOf(bare)).toBe(head);
      });

      test('without an edit: git-refused', async () => {
        const { host } = untouched;
        await expect(host.commit(request(await host.head('main'), { edits: [] }))).rejects.toMatchObject({
          code: 'git-refused',
          message: 'branch main: expected an edit, found none',
        });
      });

      test('is refused by a hook: git-refused, in the words of the host', async () => {
        const { bare, host } = repository();
        const head = await host.head('main');
        refuseBy(bare, 'GitLab: You are not allowed to push code to protected branches on this project.');
        await expect(host.commit(request(head))).rejects.toMatchObject({
          code: 'git-refused',
          retryable: false,
          message: expect.stringMatching(
            /You are not allowed to push code to protected branches on this project.*Allow the account of these credentials to push to the branch\.$/,
          ),
        });
        expect(headOf(bare)).toBe(head);
      });

      test(`two writers at once, ${ROUNDS} times: each commits once`, { timeout: 120_000 }, async () => {
        const { bare, host, again } = repository();
        const hosts = [host, again()];
        const write = async (writer: GitHost, line: string): Promise<string> => {
          const head = await writer.head('main');
          const [file] = await writer.files(head, ['k8s/deploy.yml']);
          const edits = [{ path: 'k8s/deploy.yml', text: `${file?.text}${line}\n` }];
          return writer.commit(request(head, { edits, message: `${line}\n` })).then(
            () => 'committed',
            (error: unknown) => (isSluiceError(error) ? error.code : String(error)),
          );
        };
        for (let round = 0; round < ROUNDS; round += 1) {
          const results = await Promise.all(hosts.map(async (writer, index) => write(writer, `# ${round} ${index}`)));
          expect(['committed', 'git-head-moved']).toEqual(expect.arrayContaining(results));
          expect(results).toContain('committed');
          const loser = results.indexOf('git-head-moved');
          const late = hosts[loser];
          expect(late === undefined ? 'committed' : await write(late, `# ${round} ${loser}`)).toBe('committed');
        }
        const lines = Array.from({ length: ROUNDS }, (_, round) => [`# ${round} 0`, `# ${round} 1`]).flat();
        expect(bare.log()).toHaveLength(2 * ROUNDS + 1);
        const written = bare.read('k8s/deploy.yml').toString('utf8').trim().split('\n').slice(1);
        expect(written.toSorted()).toEqual(lines.toSorted());
      });
    });
  });
}
