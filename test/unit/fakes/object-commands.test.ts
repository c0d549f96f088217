import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { commandShell } from '../../command-shell.ts';
import { bareRepository } from '../../contract/bare-repository.ts';
import { GIT_ENVIRONMENT } from '../../fakes/bare-git.ts';
import { ObjectReader } from '../../fakes/git-objects.ts';
import { answerWithoutGit } from '../../fakes/object-commands.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-objects-'));
afterAll(() => rmSync(directory, { recursive: true }));

const bare = bareRepository(join(directory, 'a.git'), [
  { path: 'a.yml', content: 'größe: 1\n' },
  { path: 'k8s/ü.yml', content: Buffer.alloc(200_000, 'b') },
  { path: 'k8s/run', content: '#!/bin/sh\n', mode: '100755' },
  { path: 'link', content: 'a.yml', mode: '120000' },
  { path: 'part', content: '1'.repeat(40), mode: '160000' },
]);
const objects = new ObjectReader(bare.path, GIT_ENVIRONMENT);
const IDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries({ COMMIT: 'main', TREE: 'main^{tree}', BLOB: 'main:a.yml', LARGE: 'main:k8s/ü.yml' }).map(
      ([name, revision]) => [name, bare.git('rev-parse', revision).trim()],
    ),
  ),
  NONE: '2'.repeat(40),
};
const withIds = (text: string) => text.replaceAll(/[A-Z]{4,}/g, (name) => IDS[name] ?? name);

describe('what the doubles of Git hosts are told of objects is what git says:', () => {
  test.each([
    { line: 'cat-file blob BLOB' },
    { line: 'cat-file blob LARGE' },
    { line: 'cat-file -t TREE' },
    { line: 'cat-file --batch', input: 'COMMIT\nLARGE\nBLOB\n' },
    { line: 'rev-parse --verify --quiet COMMIT^{commit}' },
    { line: 'rev-parse --verify --quiet --end-of-options COMMIT^{commit}' },
    { line: 'rev-parse COMMIT^{tree}' },
    { line: 'hash-object -w --stdin', input: 'new\n' },
    ...['a.yml', 'k8s', 'k8s/ü.yml', 'k8s/run', 'link', 'part', 'none', 'k8s/none'].flatMap((path) => [
      { line: `ls-tree -z COMMIT -- ${path}` },
      { line: `ls-tree -z -l COMMIT -- ${path}` },
    ]),
  ])('$line', async ({ line, input: named = '' }) => {
    const [words, input] = [withIds(line).split(' '), withIds(named)];
    const output = await answerWithoutGit(objects, words, input);
    const said = commandShell().run(['git', '-C', bare.path, ...words], { env: GIT_ENVIRONMENT, input });
    expect({ exit: 0, output, errors: '' }).toEqual(said);
  });

  test('a blob that is written is there for git', async () => {
    const id = await answerWithoutGit(objects, ['hash-object', '-w', '--stdin'], 'written\n');
    expect(bare.git('cat-file', 'blob', String(id).trim())).toBe('written\n');
  });

  test.each([
    { what: 'an object that is not there', line: 'cat-file blob NONE' },
    { what: 'a tree as a blob', line: 'cat-file blob TREE' },
    { what: 'a blob as a commit', line: 'rev-parse --verify --quiet BLOB^{commit}' },
    { what: 'one of several that is not there', line: 'cat-file --batch', input: 'BLOB\nNONE\n' },
    { what: 'a folder by its slash', line: 'ls-tree -z COMMIT -- k8s/' },
    { what: 'what is below a file', line: 'ls-tree -z COMMIT -- a.yml/b' },
    { what: 'a branch', line: 'ls-tree -z main -- a.yml' },
    { what: 'anything else', line: 'rev-list COMMIT' },
  ])('git itself is asked for $what', async ({ line, input = '' }) => {
    expect(await answerWithoutGit(objects, withIds(line).split(' '), withIds(input))).toBeUndefined();
  });
});
