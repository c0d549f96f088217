import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { revisionOf } from '../../../../infra/agent/source/directory.ts';
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
