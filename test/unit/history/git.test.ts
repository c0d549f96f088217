import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openPlainGit } from '../../../shared/git-host/git/open.ts';
import { rolledBack } from '../../../shared/history/rollback.ts';
import { siteTrailer } from '../../../shared/history/trailers.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-history-'));
afterAll(() => rmSync(directory, { recursive: true }));

const IMAGE = 'registry.example.com/hello';
const SITE = { file: 'deploy.yml', object: 'deployment/default/hello', container: 'hello' };

/** A clone that a person works in. */
function workTree(name: string) {
  const path = join(directory, name);
  const who = { GIT_AUTHOR_NAME: 'P', GIT_AUTHOR_EMAIL: 'p@example.com', GIT_COMMITTER_NAME: 'P' };
  const isolation = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_COMMITTER_EMAIL: 'p@example.com' };
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', GIT_EDITOR: 'true', ...who, ...isolation };
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', path], { env });
  const git = (...command: readonly string[]) =>
    execFileSync('git', ['-C', path, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      .toString('utf8')
      .trim();
  const set = (tag: string, message: string) => {
    writeFileSync(join(path, SITE.file), `image: ${IMAGE}:${tag}\n`);
    git('add', '.');
    git('commit', '--quiet', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  const sluice = (tag: string) => set(tag, `hello: to ${tag}\n\nwhat\n\n${siteTrailer(SITE, IMAGE, { tag })}`);
  return { path, git, set, sluice };
}

/** What is found of the branch by way of a Git host. */
async function found({ path, git }: ReturnType<typeof workTree>) {
  const host = openPlainGit({ url: path, credentials: { kind: 'none' }, timeoutMillis: 20_000 });
  const image = git('show', `HEAD:${SITE.file}`).replace('image: ', '');
  const head = await host.head('main');
  return rolledBack(
    { ...SITE, image },
    {
      commits: host.fileHistory('main', head, SITE.file),
      imageAt: async (revision) => (await host.fileAt(revision, SITE.file))?.replace('image: ', '').trim(),
    },
  );
}

describe('in a history that git wrote', () => {
  test('a reverted commit is a rollback, and the revert taken back is none', async () => {
    const tree = workTree('revert');
    tree.set('1', 'first');
    const revision = tree.sluice('2');
    expect(await found(tree)).toBeUndefined();
    tree.git('revert', '--no-edit', 'HEAD');
    expect(await found(tree)).toMatchObject({ tag: '2', revision });
    tree.git('revert', '--no-edit', 'HEAD');
    expect(await found(tree)).toBeUndefined();
  });

  test('a squashed branch counts as its last commit', async () => {
    const tree = workTree('squash');
    tree.set('1', 'first');
    tree.git('switch', '--quiet', '--create', 'updates');
    tree.sluice('2');
    tree.sluice('3');
    tree.git('switch', '--quiet', 'main');
    tree.git('merge', '--quiet', '--squash', 'updates');
    tree.git('commit', '--quiet', '--no-edit');
    expect(await found(tree)).toBeUndefined();
    const revision = tree.git('rev-parse', 'HEAD');
    tree.set('2', 'back');
    expect(await found(tree)).toMatchObject({ tag: '3', revision });
  });

  test('a merged and a cherry-picked commit count as they are', async () => {
    const tree = workTree('merge');
    tree.set('1', 'first');
    tree.git('switch', '--quiet', '--create', 'updates');
    const two = tree.sluice('2');
    const three = tree.sluice('3');
    tree.git('switch', '--quiet', 'main');
    tree.git('merge', '--quiet', '--no-ff', '--no-edit', two);
    tree.git('cherry-pick', '-x', three);
    expect(await found(tree)).toBeUndefined();
    const revision = tree.git('rev-parse', 'HEAD');
    tree.set('2', 'back');
    expect(await found(tree)).toMatchObject({ tag: '3', revision });
  });
});
