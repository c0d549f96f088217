import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { bareRepository } from '../../../contract/bare-repository.ts';
import { startGitServerApart } from '../../../git-server/apart.ts';

const WORKER = fileURLToPath(new URL('without-git-worker.ts', import.meta.url));

test('over HTTP, a process without any command on its path reads and commits', { timeout: 30_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-without-git-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const bare = bareRepository(join(directory, 'hello.git'), [{ path: 'k8s/deploy.yml', content: 'image: hello:1\n' }]);
  const head = bare.git('rev-parse', 'main').trim();
  const server = await startGitServerApart({ directory, users: [{ name: 'me', password: 'secret', write: true }] });
  onTestFinished(async () => server.stop());
  const { stdout } = await promisify(execFile)(process.execPath, [WORKER, `${server.url}/hello.git`, 'me:secret'], {
    env: { PATH: join(directory, 'empty') },
  });
  const commit = bare.git('rev-parse', 'main').trim();
  const texts = ['image: hello:1\n'];
  expect(JSON.parse(stdout)).toEqual({ head, texts, commit, changed: ['k8s/deploy.yml'], commits: 2 });
  expect(bare.read('k8s/deploy.yml').toString()).toBe('image: hello:2\n');
});
