import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRepository } from '../../../../infra/demo/git-server/repository.ts';
import { type GitServer, startGitServer } from '../../../../infra/demo/git-server/server.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'sluice-git-server-'));
const SERVED = join(directory, 'served');
const IDENTITY = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
const users = [
  { name: 'writer', password: 'w', write: true },
  { name: 'reader', password: 'r', write: false },
];
let server: GitServer;

beforeAll(async () => {
  mkdirSync(SERVED);
  const from = join(directory, 'template');
  mkdirSync(from);
  writeFileSync(join(from, 'app.py'), 'print("template")\n');
  writeFileSync(join(from, 'README'), 'template\n');
  const files = { 'k8s/deploy.yml': 'image: hello:1\n', README: 'own\n' };
  await createRepository(SERVED, 'hello.git', { branch: 'trunk', from, files });
  await createRepository(directory, 'outside.git', { branch: 'main', files });
  server = await startGitServer({ directory: SERVED, users });
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function urlFor(user: string, name = 'hello.git'): string {
  return `${server.url.replace('//', `//${user}@`)}/${name}`;
}

function git(...command: readonly string[]) {
  const env = { PATH: process.env['PATH'], HOME: directory, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' };
  return run('git', [...IDENTITY, ...command], { env });
}

test('listens on loopback, and serves what a repository was made with', async () => {
  expect(new URL(server.url).hostname).toBe('127.0.0.1');
  const tree = join(directory, 'clone');
  await git('clone', '--quiet', urlFor('reader:r'), tree);
  expect(readFileSync(join(tree, 'README'), 'utf8')).toBe('own\n');
  expect(readFileSync(join(tree, 'app.py'), 'utf8')).toBe('print("template")\n');
  expect((await git('-C', tree, 'log', '--format=%s %D')).stdout).toContain('First commit HEAD -> trunk');
});

test('takes a push that is sent in pieces', async () => {
  const tree = join(directory, 'large');
  await git('clone', '--quiet', urlFor('writer:w'), tree);
  // Above http.postBuffer, which is 1 MiB: no Content-Length.
  const content = randomBytes(3 * 1024 * 1024);
  writeFileSync(join(tree, 'large'), content);
  await git('-C', tree, 'add', 'large');
  await git('-C', tree, 'commit', '--quiet', '--message=large');
  await git('-C', tree, 'push', '--quiet', 'origin', 'HEAD:trunk');
  const again = join(directory, 'large-again');
  await git('clone', '--quiet', urlFor('reader:r'), again);
  expect(readFileSync(join(again, 'large')).equals(content)).toBe(true);
});

test.each([
  { name: 'nobody', url: () => `${server.url}/hello.git`, says: 'could not read Username' },
  { name: 'a wrong password', url: () => urlFor('writer:x'), says: 'Authentication failed' },
  { name: 'a repository that is not there', url: () => urlFor('reader:r', 'none.git'), says: 'not found' },
])('refuses $name', async ({ url, says }) => {
  await expect(git('ls-remote', url())).rejects.toThrow(says);
});

test('lets a reader not push', async () => {
  const tree = join(directory, 'readers');
  await git('clone', '--quiet', urlFor('reader:r'), tree);
  await expect(git('-C', tree, 'push', 'origin', 'HEAD:refs/heads/other')).rejects.toThrow('403');
});

test.each([
  { path: '/%', status: 400 },
  { path: '/hello.git/%00', status: 400 },
  { path: '/../outside.git/HEAD', status: 404 },
  { path: '/%2e%2e/outside.git/HEAD', status: 404 },
  // http-backend ends without an answer where a path leads out of its folder.
  { path: '/hello.git/..%2f..%2foutside.git/HEAD', status: 500 },
  { path: '/hello.git/nothing', status: 404 },
])('answers $path with $status, and goes on', async ({ path, status }) => {
  const headers = { authorization: `Basic ${btoa('writer:w')}` };
  const answer = await fetch(`${server.url}${path}`, { headers });
  await answer.text();
  expect(answer.status).toBe(status);
  expect((await fetch(`${server.url}/hello.git/HEAD`, { headers })).status).toBe(200);
});

test('leaves headers whole', async () => {
  const headers = { authorization: `Basic ${btoa('reader:r')}` };
  const answer = await fetch(`${server.url}/hello.git/info/refs?service=git-upload-pack`, { headers });
  await answer.text();
  expect(answer.headers.get('content-type')).toBe('application/x-git-upload-pack-advertisement');
  expect(answer.headers.get('expires')).toBe('Fri, 01 Jan 1980 00:00:00 GMT');
});
