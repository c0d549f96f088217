import { describe, expect, test } from 'vitest';
import { gitLabStage, headOf } from './stage.ts';

const stage = gitLabStage();

describe('compare', () => {
  test('in one request: what changed, came, went and moved', async () => {
    const { bare, host } = stage.repository();
    const from = headOf(bare);
    bare.commit([
      { path: 'root.yml', content: 'a: 2\n' },
      { path: 'new.yml', content: 'b: 1\n' },
    ]);
    bare.git('read-tree', 'main');
    bare.git('--work-tree=.', 'update-index', '--force-remove', 'k8s/crlf.yaml');
    const tree = bare.git('write-tree').trim();
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const head = bare.git(...identity, 'commit-tree', '-p', 'main', '-m', 'x', tree).trim();
    bare.git('update-ref', 'refs/heads/main', head);
    let comparison = {};
    const asked = await stage.asked(async () => {
      comparison = await host.compare(from, 'main');
    });
    expect(comparison).toEqual({ head, changed: expect.arrayContaining(['root.yml', 'new.yml', 'k8s/crlf.yaml']) });
    expect(asked).toEqual([`GET repository/compare?from=${from}&to=refs/heads/main&straight=true`]);
  });

  test('names both ends of a move', async () => {
    const { bare, host } = stage.repository();
    const from = headOf(bare);
    bare.git('read-tree', 'main');
    const blob = bare.git('rev-parse', 'main:k8s/crlf.yaml').trim();
    bare.git('--work-tree=.', 'update-index', '--force-remove', 'k8s/crlf.yaml');
    bare.git('update-index', '--add', '--cacheinfo', `100644,${blob},moved/crlf.yaml`);
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const tree = bare.git('write-tree').trim();
    bare.git(
      'update-ref',
      'refs/heads/main',
      bare.git(...identity, 'commit-tree', '-p', 'main', '-m', 'x', tree).trim(),
    );
    expect((await host.compare(from, 'main')).changed).toEqual(['k8s/crlf.yaml', 'moved/crlf.yaml']);
  });

  test('of the head with itself: nothing, in one request', async () => {
    const { bare, host } = stage.repository();
    const head = headOf(bare);
    expect(await stage.asked(async () => host.compare(head, 'main'))).toHaveLength(1);
    expect(await host.compare(head, 'main')).toEqual({ head, changed: [] });
  });

  test('is not misled by a tag of the same name', async () => {
    const { bare, host } = stage.repository();
    const first = headOf(bare);
    const head = bare.commit([{ path: 'root.yml', content: 'a: 2\n' }]);
    bare.git('tag', 'main', first);
    expect(await host.compare(first, 'main')).toEqual({ head, changed: ['root.yml'] });
    expect((await host.history('main'))[0]?.revision).toBe(head);
  });

  test.each([
    { name: 'a revision that is not there', revision: '1'.repeat(40) },
    { name: 'what is no revision', revision: 'main' },
  ])('with $name: the head, and not what changed', async ({ revision }) => {
    const { bare, host } = stage.repository();
    expect(await host.compare(revision, 'main')).toEqual({ head: headOf(bare), changed: undefined });
  });

  test('with a branch that was set back, and where GitLab gives up: the head, and not what changed', async () => {
    const { bare, host, project } = stage.repository();
    const first = headOf(bare);
    const later = bare.commit([{ path: 'root.yml', content: 'a: 2\n' }]);
    project.compareTimesOut = true;
    expect(await host.compare(first, 'main')).toEqual({ head: later, changed: undefined });
    project.compareTimesOut = false;
    bare.git('update-ref', 'refs/heads/main', first);
    expect(await host.compare(later, 'main')).toEqual({ head: first, changed: undefined });
  });

  test('with a branch that is not there: git-not-found', async () => {
    const { bare, host } = stage.repository();
    await expect(host.compare(headOf(bare), 'gone')).rejects.toMatchObject({
      code: 'git-not-found',
      message: expect.stringContaining('404 Branch Not Found (status 404). Check the url and the branch'),
    });
  });
});

test('history: the latest hundred, whole messages, one request', async () => {
  const { bare, host } = stage.repository();
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  const tree = bare.git('rev-parse', 'main^{tree}').trim();
  let head = headOf(bare);
  for (let number = 0; number < 101; number += 1) {
    head = bare
      .git(...identity, 'commit-tree', '-p', head, '-m', `n${number}\n\nSluice-Push: x ${number}`, tree)
      .trim();
  }
  bare.git('update-ref', 'refs/heads/main', head);
  let commits: readonly unknown[] = [];
  const asked = await stage.asked(async () => {
    commits = await host.history('main');
  });
  expect(asked).toEqual(['GET repository/commits?ref_name=refs/heads/main&per_page=100&page=1']);
  expect(commits).toHaveLength(100);
  expect(commits[0]).toMatchObject({ revision: head, message: 'n100\n\nSluice-Push: x 100\n' });
});

test('a repository without a commit: git-not-found', async () => {
  const { bare, host } = stage.repository();
  bare.git('update-ref', '-d', 'refs/heads/main');
  await expect(host.head('main')).rejects.toMatchObject({ code: 'git-not-found' });
});
