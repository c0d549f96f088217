import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const run = promisify(execFile);
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => stage.stop());
afterEach(() => expect(stage.github.violations.splice(0)).toEqual([]));

describe('credentials', () => {
  test.each([
    { name: 'that write, reading', line: 'GET ~/branches/main', token: 'write-token', status: 200, says: undefined },
    { name: 'that read, reading', line: 'GET ~/branches/main', token: 'read-token', status: 200, says: undefined },
    { name: 'that are wrong', line: 'GET ~/branches/main', token: 'wrong', status: 401, says: 'Bad credentials' },
    { name: 'that are none', line: 'GET ~/branches/main', token: '', status: 404, says: 'Not Found' },
    {
      name: 'for what is not there',
      line: 'GET /repos/acme/gone',
      token: 'write-token',
      status: 404,
      says: 'Not Found',
    },
    { name: 'for another owner', line: 'GET /repos/other/shop', token: 'write-token', status: 404, says: 'Not Found' },
    {
      name: 'that are no JWT',
      line: 'GET ~/installation',
      token: 'write-token',
      status: 401,
      says: 'A JSON web token could not be decoded',
    },
    {
      name: 'that are a broken JWT',
      line: 'GET ~',
      token: 'a.b.c',
      status: 401,
      says: 'A JSON web token could not be decoded',
    },
  ])('$name: $status', async ({ line, token, status, says }) => {
    const answer = await stage.call(line, { token });
    expect([answer.status, answer.get('message')]).toEqual([status, says]);
  });

  test.each([
    { line: 'POST ~/git/blobs', body: { content: '' }, needs: 'contents=write' },
    { line: 'PATCH ~/git/refs/heads/main', body: { sha: '1'.repeat(40) }, needs: 'contents=write' },
    { line: 'POST ~/pulls', body: { title: 'x', head: 'a', base: 'b' }, needs: 'pull_requests=write' },
    { line: 'POST ~/issues/1/labels', body: { labels: ['a'] }, needs: 'issues=write; pull_requests=write' },
    { line: `POST ~/statuses/${'1'.repeat(40)}`, body: { state: 'success' }, needs: 'statuses=write' },
  ])('that only read, at $line: 403, and what they lack', async ({ line, body, needs }) => {
    const refused = await stage.call(line, { body, token: 'read-token' });
    expect([refused.status, refused.get('message')]).toEqual([403, 'Resource not accessible by personal access token']);
    expect(refused.headers.get('x-accepted-github-permissions')).toBe(needs);
  });

  test('are taken as `token` and `Basic` too', async () => {
    for (const authorization of ['token write-token', `Basic ${btoa('x:write-token')}`]) {
      expect((await stage.call('GET ~', { token: '', headers: { authorization } })).status).toBe(200);
    }
  });
});

describe('headers', () => {
  test('no User-Agent: 403', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const headers = { authorization: 'Bearer write-token' };
    request(`${stage.github.url}/api/v3/rate_limit`, { headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
    expect(await promise).toBe(403);
  });

  test.each([
    { headers: { accept: 'application/vnd.github+json' }, status: 200 },
    { headers: { accept: 'application/vnd.github.v3+json' }, status: 200 },
    { headers: { accept: 'text/html, application/json;q=0.9' }, status: 200 },
    { headers: { accept: 'text/html' }, status: 415 },
    { headers: { 'x-github-api-version': '2022-11-28' }, status: 200 },
    { headers: { 'x-github-api-version': '2012-01-01' }, status: 400 },
  ])('$headers: $status', async ({ headers, status }) => {
    expect((await stage.call('GET ~', { headers })).status).toBe(status);
  });

  test('a body that is no JSON: 400', async () => {
    const answer = await stage.call('POST ~/git/blobs', { body: '{' });
    expect([answer.status, answer.get('message')]).toEqual([400, 'Problems parsing JSON']);
  });
});

describe('a repository that', () => {
  test('is hidden: 404', async () => {
    stage.repository('secret', [{ path: 'a', content: '' }]);
    stage.github.repository('secret').settings.hidden = true;
    expect((await stage.call('GET /repos/acme/secret')).status).toBe(404);
  });

  test('is archived can be read and not written: 403', async () => {
    stage.repository('old', [{ path: 'a', content: '' }]);
    stage.github.repository('old').settings.archived = true;
    expect((await stage.call('GET /repos/acme/old')).get('archived')).toBe(true);
    const refused = await stage.call('POST /repos/acme/old/git/blobs', { body: { content: '' } });
    expect([refused.status, refused.get('message')]).toEqual([403, 'Repository was archived so is read-only.']);
  });

  test('is empty: 409', async () => {
    const bare = stage.repository('empty', [{ path: 'a', content: '' }]);
    bare.git('update-ref', '-d', 'refs/heads/main');
    const branch = await stage.call('GET /repos/acme/empty/branches/main');
    expect([branch.status, branch.get('message')]).toEqual([404, 'Branch not found']);
    for (const [line, body] of [
      ['GET /repos/acme/empty/git/ref/heads/main', undefined],
      ['GET /repos/acme/empty/commits', undefined],
      ['POST /repos/acme/empty/git/blobs', { content: '' }],
    ] as const) {
      const refused = await stage.call(line, { body });
      expect([refused.status, refused.get('message')]).toEqual([409, 'Git Repository is empty.']);
    }
  });

  test('has moved: 301 to its number, 307 for a write', async () => {
    stage.repository('before', [{ path: 'a', content: '' }]);
    stage.github.rename('before', 'after');
    const { id } = stage.github.repository('after');
    const place = `${stage.github.url}/api/v3/repositories/${id}`;
    const read = await stage.call('GET /repos/acme/before/branches/main?x=1');
    expect([read.status, read.headers.get('location'), read.get('message')]).toEqual([
      301,
      `${place}/branches/main?x=1`,
      'Moved Permanently',
    ]);
    expect(stage.github.violations.splice(0)).toHaveLength(1);
    expect((await stage.call(`GET /repositories/${id}/branches/main`)).get('name')).toBe('main');
    expect((await stage.call(`GET /repositories/${id}`)).get('full_name')).toBe('acme/after');
    const written = await stage.call('POST /repos/acme/before/git/blobs', { body: { content: '' } });
    expect([written.status, written.headers.get('location')]).toEqual([307, `${place}/git/blobs`]);
    const git = await fetch(`${stage.github.url}/acme/before.git/info/refs`, { redirect: 'manual' });
    expect([git.status, git.headers.get('location')]).toEqual([301, `${stage.github.url}/acme/after.git/info/refs`]);
  });
});

describe('plain Git', () => {
  const clone = async (password: string, name: string) => {
    const url = stage.github.url.replace('//', `//x-access-token:${password}@`);
    const target = join(stage.bare.path, '..', name);
    await run('git', ['clone', '--quiet', `${url}/acme/shop.git`, target], { env: GIT });
    return target;
  };
  const GIT = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' };
  const push = async (target: string) => {
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    await run('git', ['-C', target, ...identity, 'commit', '--quiet', '--allow-empty', '-m', 'by hand'], { env: GIT });
    return run('git', ['-C', target, 'push', '--quiet', 'origin', 'main'], { env: GIT });
  };

  test('clones and pushes by a token that writes', async () => {
    await push(await clone('write-token', 'writes'));
    expect((await stage.call('GET ~/branches/main')).get('commit', 'commit', 'message')).toBe('by hand\n');
  });

  test('only clones by a token that reads, and not at all without', async () => {
    await expect(push(await clone('read-token', 'reads'))).rejects.toThrow('403');
    await expect(clone('wrong', 'wrong')).rejects.toThrow('Authentication failed');
    rmSync(join(stage.bare.path, '..', 'wrong'), { recursive: true, force: true });
  });
});
