import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { revisionOf } from '../../../../infra/agent/git/directory.ts';
import { writeTree } from '../render/tree.ts';

const git = (directory: string, ...command: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...command], {
    cwd: directory,
    encoding: 'utf8',
  }).trim();

function repository() {
  const directory = writeTree({ 'k8s/a.yml': 'a: 1\n' });
  git(directory, 'init', '--quiet');
  git(directory, 'add', '.');
  git(directory, 'commit', '--quiet', '--message', 'one');
  git(directory, 'tag', 'v1');
  return { directory, commit: git(directory, 'rev-parse', 'HEAD') };
}

describe('a directory in a working tree', () => {
  test('stands at its commit, however deep it is', async () => {
    const { directory, commit } = repository();
    expect(await Promise.all([revisionOf(directory), revisionOf(join(directory, 'k8s'))])).toEqual([commit, commit]);
  });

  test('with changes says that it is dirty', async () => {
    const { directory, commit } = repository();
    writeFileSync(join(directory, 'k8s/a.yml'), 'a: 2\n');
    expect(await revisionOf(directory)).toBe(`${commit}-dirty`);
  });

  test('that is linked to another has a commit of its own', async () => {
    const { directory, commit } = repository();
    const linked = join(writeTree({}), 'linked');
    git(directory, 'worktree', 'add', '--quiet', linked);
    git(linked, 'commit', '--quiet', '--allow-empty', '--message', 'two');
    expect(await revisionOf(linked)).toBe(git(linked, 'rev-parse', 'HEAD'));
    expect(await revisionOf(directory)).toBe(commit);
  });
});

describe("nothing of the repository's own configuration is run", () => {
  /** A working tree whose configuration has a command wherever git would run one, and a file that the commands make. */
  function hostile() {
    const { directory, commit } = repository();
    const canary = join(writeTree({}), 'canary');
    const script = join(writeTree({ 'evil.sh': `#!/bin/sh\necho "$0 $@" >> ${canary}\ncat 2>/dev/null\n` }), 'evil.sh');
    const settings = {
      'core.fsmonitor': script,
      'core.hooksPath': join(script, '..'),
      'core.sshCommand': script,
      'core.pager': script,
      'core.editor': script,
      'core.askPass': script,
      'core.gitProxy': script,
      'core.alternateRefsCommand': script,
      'credential.helper': `!${script}`,
      'filter.evil.clean': script,
      'filter.evil.smudge': script,
      'filter.evil.process': script,
      'filter.evil.required': 'true',
      'diff.evil.textconv': script,
      'diff.evil.command': script,
      'diff.external': script,
      'gpg.program': script,
      'log.showSignature': 'true',
      'alias.rev-parse': `!${script}`,
      'alias.describe': `!${script}`,
      'uploadpack.packObjectsHook': script,
      'remote.origin.url': `ext::${script}`,
      'remote.origin.promisor': 'true',
      'extensions.partialClone': 'origin',
    };
    const included = Object.entries(settings).map(([name, value]) => {
      const [section = '', ...rest] = name.split('.');
      const [key = '', ...sub] = rest.toReversed();
      return `[${section}${sub.length === 0 ? '' : ` "${sub.toReversed().join('.')}"`}]\n\t${key} = "${value}"\n`;
    });
    const more = join(writeTree({ config: included.join('') }), 'config');
    appendFileSync(join(directory, '.git/config'), `${included.join('')}[include]\n\tpath = ${more}\n`);
    mkdirSync(join(directory, '.git/info'), { recursive: true });
    writeFileSync(join(directory, '.git/info/attributes'), '* filter=evil diff=evil\n');
    writeFileSync(join(directory, '.gitattributes'), '* filter=evil diff=evil\n');
    for (const hook of ['post-index-change', 'post-checkout', 'reference-transaction', 'fsmonitor-watchman']) {
      writeFileSync(join(directory, '.git/hooks', hook), `#!/bin/sh\n${script}\n`, { mode: 0o700 });
    }
    return { directory, commit, canary };
  }

  test('where files are as they were committed', async () => {
    const { directory, commit, canary } = hostile();
    expect(await revisionOf(directory)).toBe(commit);
    expect(existsSync(canary)).toBe(false);
  });

  test('where a file of the same size has changed, which git would clean first', async () => {
    const { directory, commit, canary } = hostile();
    writeFileSync(join(directory, 'k8s/a.yml'), 'a: 2\n');
    expect(await revisionOf(directory)).toBe(`${commit}-dirty`);
    expect(existsSync(canary)).toBe(false);
  });

  test('where an object is missing, which a partial clone would fetch', async () => {
    const { directory, canary } = hostile();
    rmSync(join(directory, '.git/objects'), { recursive: true });
    mkdirSync(join(directory, '.git/objects'));
    expect(await revisionOf(directory)).toMatch(/^sha256:/);
    expect(existsSync(canary)).toBe(false);
  });
});

describe('a directory is dirty', () => {
  test.each([
    { where: 'a file is gone', change: (file: string) => rmSync(file) },
    { where: 'a file has another size', change: (file: string) => writeFileSync(file, 'a: 10\n') },
    { where: 'a file became executable', change: (file: string) => chmodSync(file, 0o755) },
    {
      where: 'a file became a link to one that is the same',
      change(file: string) {
        writeFileSync(`${file}.other`, 'a: 1\n');
        rmSync(file);
        symlinkSync(`${file}.other`, file);
      },
    },
  ])('where $where', async ({ change }) => {
    const { directory, commit } = repository();
    chmodSync(join(directory, 'k8s/a.yml'), 0o644);
    git(directory, 'commit', '--quiet', '--all', '--allow-empty', '--message', 'plain');
    const plain = git(directory, 'rev-parse', 'HEAD');
    expect(plain).not.toBe(commit);
    expect(await revisionOf(directory)).toBe(plain);
    change(join(directory, 'k8s/a.yml'));
    expect(await revisionOf(directory)).toBe(`${plain}-dirty`);
  });

  test('not where a file beside it has changed, or one was added', async () => {
    const { directory, commit } = repository();
    writeFileSync(join(directory, 'b.yml'), 'b: 1\n');
    git(directory, 'add', '.');
    git(directory, 'commit', '--quiet', '--message', 'two');
    writeFileSync(join(directory, 'b.yml'), 'b: 2\n');
    writeFileSync(join(directory, 'k8s/new.yml'), 'c: 2\n');
    const head = git(directory, 'rev-parse', 'HEAD');
    expect(head).not.toBe(commit);
    expect(await revisionOf(join(directory, 'k8s'))).toBe(head);
  });
});

describe('a directory elsewhere', () => {
  test('stands at the hash of its files: names and contents, and nothing else', async () => {
    const files = { 'a.yml': 'a', 'b/c.yml': 'c' };
    const first = await revisionOf(writeTree(files));
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await revisionOf(writeTree({ ...files }))).toBe(first);
    for (const other of [{ ...files, 'a.yml': 'b' }, { 'a.yml': 'a', 'b/d.yml': 'c' }, { 'a.yml': 'ab/c.yml' }]) {
      expect(await revisionOf(writeTree(other))).not.toBe(first);
    }
  });

  test('with a repository that has no commit yet stands at it too', async () => {
    const directory = writeTree({ 'a.yml': 'a' });
    git(directory, 'init', '--quiet');
    expect(await revisionOf(directory)).toMatch(/^sha256:/);
  });
});
