import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openPlainGit } from '../../../../shared/git-host/git/open.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** A repository as people have it before them: with a working directory, its branch checked out. */
function workingRepository(...config: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-checked-out-'));
  directories.push(directory);
  const git = (...words: readonly string[]) => execFileSync('git', ['-C', directory, ...words], { encoding: 'utf8' });
  git('init', '--quiet', '--initial-branch', 'main');
  writeFileSync(join(directory, 'deploy.yml'), 'image: hello:1\n');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '-m', 'First');
  if (config.length > 0) {
    git('config', ...config);
  }
  return { directory, git };
}

async function commitTo(directory: string) {
  const host = openPlainGit({ url: directory, credentials: { kind: 'none' }, timeoutMillis: 30_000 });
  return host.commit({
    branch: 'main',
    expectedHead: await host.head('main'),
    edits: [{ path: 'deploy.yml', text: 'image: hello:2\n' }],
    message: 'Second\n',
    author: undefined,
  });
}

describe('a branch that is checked out where it is pushed to', () => {
  test('is not moved, and the next step is named', async () => {
    const { directory } = workingRepository();
    await expect(commitTo(directory)).rejects.toMatchObject({
      code: 'git-refused',
      retryable: false,
      message:
        `repository ${directory}: refusing to update checked out branch: refs/heads/main. Push to a bare repository, ` +
        'or let this one take pushes: git config receive.denyCurrentBranch updateInstead.',
    });
  });

  test('is moved by that next step, with the files that stand there', async () => {
    const { directory, git } = workingRepository('receive.denyCurrentBranch', 'updateInstead');
    expect(await commitTo(directory)).toBe(git('rev-parse', 'main').trim());
    expect(git('status', '--porcelain')).toBe('');
  });

  test('is not moved over what somebody is changing there', async () => {
    const { directory } = workingRepository('receive.denyCurrentBranch', 'updateInstead');
    writeFileSync(join(directory, 'deploy.yml'), 'image: mine\n');
    await expect(commitTo(directory)).rejects.toMatchObject({
      code: 'git-refused',
      message: expect.stringContaining(
        'Commit or take back what is changed in the working directory of that repository.',
      ),
    });
  });
});
