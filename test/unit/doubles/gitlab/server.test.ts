import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bareRepository } from '../../../contract/bare-repository.ts';
import { MANIFESTS, refuseBy } from '../../../contract/git-files.ts';
import { type GitLabDouble, startGitLabDouble } from '../../../doubles/gitlab/server.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'sluice-gitlab-'));
const now = Date.UTC(2026, 0, 1);
let double: GitLabDouble;
let made = 0;
beforeAll(async () => {
  double = await startGitLabDouble({ directory, now: () => now });
});
afterEach(() => {
  double.plan = () => undefined;
  delete double.limits.requests;
  delete double.limits.archives;
});
afterAll(async () => {
  await double.stop();
  rmSync(directory, { recursive: true, force: true });
});

function repository() {
  made += 1;
  const name = `hello${made}`;
  const bare = bareRepository(join(directory, `${name}.git`), MANIFESTS);
  const root = `projects/${encodeURIComponent(`acme/team/${name}`)}`;
  return { name, bare, root, head: bare.git('rev-parse', 'main').trim(), project: double.project(`acme/team/${name}`) };
}

async function ask(path: string, { method = 'GET', body, token = 'write-token' }: Asked = {}) {
  const response = await fetch(`${double.url}/api/v4/${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === '' ? {} : { 'private-token': token }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const content = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json' && content !== '';
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(content) : content };
}

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
}

const edit = (more: object = {}, action: object = {}) => ({
  method: 'POST',
  body: {
    branch: 'main',
    commit_message: 'x',
    actions: [{ action: 'update', file_path: 'k8s/deploy.yml', content: 'image: hello:2\n', ...action }],
    ...more,
  },
});

describe('the double of GitLab', () => {
  test('serves what its description says', async () => {
    const { root, head, bare } = repository();
    const later = bare.commit([{ path: 'root.yml', content: 'a: 2\n' }]);
    const paths = [
      'user',
      'users?username=alice',
      'personal_access_tokens/self',
      root,
      `${root}/repository/branches/main`,
      `${root}/repository/commits?ref_name=main&path=root.yml&trailers=true`,
      `${root}/repository/commits/${head}`,
      `${root}/repository/files/k8s%2Fdeploy.yml?ref=main`,
      `${root}/repository/files/k8s%2Fdeploy.yml/raw`,
      `${root}/repository/tree?recursive=true&per_page=5&pagination=keyset`,
      `${root}/repository/compare?from=${head}&to=main&straight=true`,
      `${root}/repository/archive.tar.gz?sha=${head}`,
      `${root}/merge_requests?state=opened`,
    ];
    for (const path of paths) {
      expect(await ask(path)).toMatchObject({ status: 200 });
    }
    const { body } = await ask(`${root}/repository/compare?from=${head}&to=main&straight=true`);
    expect(body).toMatchObject({ commit: { id: later }, diffs: [{ new_path: 'root.yml' }], compare_same_ref: false });
    expect(double.violations).toEqual([]);
  });

  test.each([
    { name: 'an unknown parameter', path: '/repository/branches/main?all=true', asked: {}, says: 'Unrecognized key' },
    { name: 'an unknown field', path: '/repository/commits', asked: edit({ sign: true }), says: 'Unrecognized key' },
    {
      name: 'a field that is missing',
      path: '/repository/commits',
      asked: edit({ branch: undefined }),
      says: 'branch',
    },
    { name: 'an unknown endpoint', path: '/repository/nothing', asked: {}, says: 'no such endpoint' },
  ])('tells of a breach: $name', async ({ path, asked, says }) => {
    const { root } = repository();
    expect((await ask(`${root}${path}`, asked)).status).toBeGreaterThanOrEqual(400);
    expect(double.violations.splice(0)).toEqual([expect.stringContaining(says)]);
  });

  test.each([
    { name: 'a wrong token', path: '', asked: { token: 'x' }, status: 401, says: '401 Unauthorized' },
    { name: 'no token', path: '', asked: { token: '' }, status: 404, says: '404 Project Not Found' },
    {
      name: 'a token that only reads',
      path: '/repository/commits',
      asked: { ...edit(), token: 'read-token' },
      status: 403,
      says: 'insufficient_scope',
    },
    { name: 'no such branch', path: '/repository/branches/x', asked: {}, status: 404, says: '404 Branch Not Found' },
    { name: 'no such ref', path: '/repository/compare?from=x&to=main', asked: {}, status: 404, says: '404 Ref Not' },
    { name: 'no such file', path: '/repository/files/x?ref=main', asked: {}, status: 404, says: '404 File Not Found' },
    {
      name: 'a file that changed',
      path: '/repository/commits',
      asked: edit({}, { last_commit_id: '1'.repeat(40) }),
      status: 400,
      says: 'The file has changed since you started editing it: k8s/deploy.yml',
    },
    {
      name: 'a file that is not there',
      path: '/repository/commits',
      asked: edit({}, { file_path: 'x' }),
      status: 400,
      says: "A file with this name doesn't exist",
    },
    {
      name: 'a file that is there',
      path: '/repository/commits',
      asked: edit({}, { action: 'create' }),
      status: 400,
      says: 'A file with this name already exists',
    },
    {
      name: 'a branch that is there',
      path: '/repository/commits',
      asked: edit({ start_branch: 'other' }),
      status: 400,
      says: "A branch called 'main' already exists. Switch to that branch in order to make changes",
    },
    {
      name: 'a branch that is not there',
      path: '/repository/commits',
      asked: edit({ branch: 'x' }),
      status: 400,
      says: 'You can only create or edit files when you are on a branch',
    },
  ])('refuses: $name', async ({ path, asked, status, says }) => {
    const { root } = repository();
    const answer = await ask(`${root}${path}`, asked);
    expect({ status: answer.status, body: JSON.stringify(answer.body) }).toEqual({
      status,
      body: expect.stringContaining(says),
    });
    expect(double.violations).toEqual([]);
  });

  test('protected and archived projects, hooks, hidden and moved ones', async () => {
    const { name, root, project, bare } = repository();
    const commit = async () => ask(`${root}/repository/commits`, edit());
    const forbidden = { message: '403 Forbidden - You are not allowed to push into this branch' };
    project.protectedBranches.add('main');
    expect(await commit()).toMatchObject({ status: 403, body: forbidden });
    project.protectedBranches.clear();
    project.archived = true;
    expect(await commit()).toMatchObject({ status: 403, body: forbidden });
    project.archived = false;
    refuseBy(bare, 'GitLab: not today');
    expect(await commit()).toMatchObject({ status: 400, body: { message: 'not today' } });
    double.move('acme/old', `acme/team/${name}`);
    const moved = await ask('projects/acme%2Fold/repository/branches/main');
    expect(moved).toMatchObject({ status: 301 });
    expect(moved.headers.get('location')).toBe(`${double.url}/api/v4/projects/${project.id}/repository/branches/main`);
    expect(await ask('projects/acme%2Fold/repository/commits', edit())).toMatchObject({
      status: 405,
      body: { message: 'Non GET methods are not allowed for moved projects' },
    });
    project.hidden = true;
    expect(await ask(root)).toMatchObject({ status: 404 });
  });

  test('writers at once: none is lost, and who is late is refused', async () => {
    const { root, bare } = repository();
    const write = async (number: number) =>
      (await ask(`${root}/repository/commits`, edit({ commit_message: `n${number}` }, { content: `n: ${number}\n` })))
        .status;
    const done = await Promise.all(Array.from({ length: 8 }, async (_, number) => write(number)));
    const written = done.filter((status) => status === 201).length;
    expect(written).toBeGreaterThan(0);
    expect(done.filter((status) => status === 400)).toHaveLength(8 - written);
    expect(bare.log()).toHaveLength(written + 1);
  });

  test('faults and limits', async () => {
    const { root } = repository();
    double.plan = ({ method }) => (method === 'GET' ? { kind: 'status', status: 502 } : { kind: 'cut' });
    expect(await ask(root)).toMatchObject({ status: 502 });
    await expect(ask(`${root}/repository/commits`, edit())).rejects.toThrow('terminated');
    double.plan = () => undefined;
    expect((await ask(`${root}/repository/commits?ref_name=main`)).body).toHaveLength(2);
    double.limits.archives = 1;
    const archive = async () => (await ask(`${root}/repository/archive.tar.gz`)).status;
    expect([await archive(), await archive()]).toEqual([200, 429]);
    double.limits.requests = 1;
    const limited = await ask(root);
    expect(limited).toMatchObject({ status: 429, body: 'Retry later\n' });
    expect(limited.headers.get('retry-after')).toBe('60');
  });

  test('merge requests, from opened to merged', async () => {
    const { root, bare, project } = repository();
    bare.git('branch', 'update', 'main');
    bare.commit([{ path: 'root.yml', content: 'a: 2\n' }], 'update');
    const body = { source_branch: 'update', target_branch: 'main', title: 't', labels: 'a,b', assignee_ids: [3] };
    const opened = await ask(`${root}/merge_requests`, { method: 'POST', body });
    expect(opened).toMatchObject({
      status: 201,
      body: { iid: 1, labels: ['a', 'b'], assignee: { username: 'alice' } },
    });
    expect(await ask(`${root}/merge_requests`, { method: 'POST', body })).toMatchObject({
      status: 409,
      body: { message: ['Another open merge request already exists for this source branch: !1'] },
    });
    expect(await ask(`${root}/merge_requests/1/notes`, { method: 'POST', body: { body: 'hm' } })).toMatchObject({
      status: 201,
    });
    const merge = async (asked: object) => ask(`${root}/merge_requests/1/merge`, { method: 'PUT', body: asked });
    expect(await merge({ auto_merge: true })).toMatchObject({ status: 405 });
    const [request] = project.mergeRequests;
    Object.assign(request ?? {}, { pipelineRuns: true });
    expect(await merge({ auto_merge: true })).toMatchObject({ body: { merge_when_pipeline_succeeds: true } });
    expect(await merge({})).toMatchObject({ body: { state: 'merged' } });
    expect(bare.read('root.yml').toString()).toBe('a: 2\n');
    expect(double.violations).toEqual([]);
  });

  test('statuses become something else, or are refused', async () => {
    const { root, head } = repository();
    const post = async (state: string) =>
      ask(`${root}/statuses/${head}`, { method: 'POST', body: { state, name: 'sluice', description: 'd' } });
    expect((await post('pending')).status).toBe(201);
    expect(await post('pending')).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('Cannot transition status via :enqueue from :pending') },
    });
    expect((await post('success')).status).toBe(201);
    expect(double.violations).toEqual([]);
  });

  test('serves git by the same URL', async () => {
    const { name, bare, head } = repository();
    for (const path of [`acme/team/${name}.git`, `acme/${name}.git`, `acme/${name}`]) {
      const url = `${double.url.replace('//', '//oauth2:read-token@')}/${path}`;
      const { stdout } = await run('git', ['ls-remote', url, 'refs/heads/main']);
      expect(stdout).toBe(`${head}\trefs/heads/main\n`);
    }
    expect(bare.path).toContain(name);
  });
});
