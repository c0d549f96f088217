import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareRepository } from './bare-repository.ts';
import { AUTHOR, type GitHostStage } from './git-host.ts';

const EDIT = { path: 'k8s/deploy.yml', text: 'image: hello:2\n' };

/** What every Git host makes of repositories and files that are not as usual: each is refused by name. */
export function describeGitSpecialCases(name: string, start: (repositories: string) => Promise<GitHostStage>) {
  describe(`Git host, ${name}, special cases`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-git-special-'));
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
      const files = [{ path: 'k8s/deploy.yml', content: 'image: hello:1\n' }];
      return { bare: bareRepository(join(directory, `${id}.git`), files), host: stage.open(id) };
    };

    test('a repository without commits: git-not-found', async () => {
      const { bare, host } = repository();
      bare.git('update-ref', '-d', 'refs/heads/main');
      const looks = [
        async () => host.head('main'),
        async () => host.history('main'),
        async () => host.compare('1'.repeat(40), 'main'),
      ];
      for (const look of looks) {
        await expect(look()).rejects.toMatchObject({
          code: 'git-not-found',
          retryable: false,
          message: expect.stringContaining('has no commits yet'),
        });
      }
    });

    test('a Git LFS pointer is read as the text that it is, and never written to', async () => {
      const { bare, host } = repository();
      const text = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
      const head = bare.commit([{ path: 'k8s/lfs.yml', content: text }]);
      expect(await host.head('main')).toBe(head);
      expect(await host.files(head, ['k8s/lfs.yml'])).toMatchObject([{ path: 'k8s/lfs.yml', text }]);
      const edits = [EDIT, { path: 'k8s/lfs.yml', text: 'image: hello:2\n' }];
      const request = { branch: 'main', expectedHead: head, message: 'x\n', author: AUTHOR };
      await expect(host.commit({ ...request, edits })).rejects.toMatchObject({
        code: 'git-refused',
        retryable: false,
        message: 'k8s/lfs.yml: expected a regular file, found a Git LFS pointer',
      });
      expect(bare.git('rev-parse', 'main').trim()).toBe(head);
    });

    test('what .gitattributes say of archives and of ends of lines changes nothing', async () => {
      const { bare, host } = repository();
      const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'];
      const files = [
        ...letters.map((letter) => ({ path: `k8s/${letter}.yml`, content: `image: ${letter}:1\nkind: Pod\n` })),
        { path: 'k8s/crlf.yml', content: 'image: crlf:1\r\nkind: Pod\r\n' },
        { path: 'k8s/mixed.yml', content: 'image: mixed:1\r\nkind: Pod\n' },
        { path: 'k8s/hidden/x.yml', content: 'image: x:1\n' },
        { path: 'k8s/subst.yml', content: 'image: s:1 # $Format:%H$\n' },
      ];
      const attributes = '*.yml text eol=crlf\nhidden export-ignore\nsubst.yml export-subst\n';
      const head = bare.commit([
        ...files,
        { path: 'k8s/.gitattributes', content: `${attributes}.gitattributes export-ignore\n` },
      ]);
      expect(await host.head('main')).toBe(head);
      const textsOf = async (...paths: readonly string[]) =>
        Object.fromEntries((await host.files(head, paths)).map(({ path, text }) => [path, text]));
      const expected = Object.fromEntries(files.map(({ path, content }) => [path, content]));
      expect(await textsOf('k8s')).toEqual({ 'k8s/deploy.yml': 'image: hello:1\n', ...expected });
      const four = ['k8s/a.yml', 'k8s/crlf.yml', 'k8s/hidden/x.yml', 'k8s/subst.yml'];
      expect(Object.keys(await textsOf(...four, '.sluice/blocked.yml')).toSorted()).toEqual(four);
      const edits = four.map((path) => ({ path, text: expected[path]?.replace(':1', ':2') ?? '' }));
      await host.commit({ branch: 'main', expectedHead: head, edits, message: 'x\n', author: AUTHOR });
      for (const { path, text } of edits) {
        expect(bare.read(path).toString()).toBe(text);
      }
    });

    test('what may hold manifests and is not read is told of', async () => {
      const { bare, host } = repository();
      const utf16 = Buffer.from('\uFEFFimage: hello:1\n', 'utf16le');
      const head = bare.commit([
        { path: 'k8s/utf16.yml', content: utf16 },
        { path: 'k8s/latin1.yml', content: Buffer.from('# gr\u00fcn\nimage: hello:1\n', 'latin1') },
        { path: 'k8s/large.yml', content: `image: hello:1\n#${'x'.repeat(1024 * 1024)}\n` },
        { path: 'k8s/out.yml', content: '../../other.yml', mode: '120000' },
        { path: 'k8s/folder', content: '../other', mode: '120000' },
        { path: 'k8s/logo.png', content: 'logo-1.png', mode: '120000' },
        { path: 'k8s/theirs', content: 'c0ffee'.padEnd(40, '1'), mode: '160000' },
        { path: 'other/large.yml', content: `image: hello:1\n#${'x'.repeat(1024 * 1024)}\n` },
      ]);
      expect(await host.head('main')).toBe(head);
      const told: string[] = [];
      const files = await host.files(head, ['k8s'], (path, reason) => told.push(`${path}: ${reason}`));
      expect(files.map(({ path }) => path)).toEqual(['k8s/deploy.yml']);
      expect(told.toSorted()).toEqual([
        'k8s/folder: a symbolic link: only what it points to is read, where sluice.yml names it',
        'k8s/large.yml: larger than 1 MiB',
        'k8s/latin1.yml: no text: save it as UTF-8',
        'k8s/out.yml: a symbolic link: only what it points to is read, where sluice.yml names it',
        'k8s/theirs: a submodule: name its repository in sluice.yml',
        'k8s/utf16.yml: UTF-16: save it as UTF-8',
      ]);
    });

    test('no link and no submodule is followed out of the repository', async () => {
      const { bare, host } = repository();
      const head = bare.commit([
        { path: 'k8s/out.yml', content: '../../../etc/hostname', mode: '120000' },
        { path: 'k8s/etc', content: '/etc', mode: '120000' },
        { path: 'k8s/theirs', content: 'c0ffee'.padEnd(40, '1'), mode: '160000' },
        { path: '.gitmodules', content: '[submodule "theirs"]\n\tpath = k8s/theirs\n\turl = ../other.git\n' },
      ]);
      await host.head('main');
      expect(await host.files(head, ['k8s/out.yml', 'k8s/etc', 'k8s/etc/x.yml', 'k8s/theirs'])).toEqual([]);
      for (const path of ['k8s/out.yml', 'k8s/etc/x.yml', 'k8s/theirs/x.yml']) {
        const edits = [{ path, text: 'x', create: true }];
        const request = { branch: 'main', expectedHead: head, edits, message: 'x\n', author: AUTHOR };
        await expect(host.commit(request)).rejects.toMatchObject({ code: 'git-refused', retryable: false });
      }
      expect(bare.git('rev-parse', 'main').trim()).toBe(head);
    });
  });
}
