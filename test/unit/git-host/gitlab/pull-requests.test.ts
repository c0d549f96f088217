import { describe, expect, test } from 'vitest';
import type { NewPullRequest } from '../../../../shared/git-host/pull-request.ts';
import { commitRequest, gitLabStage, headOf } from './stage.ts';

const stage = gitLabStage();

const NEW: NewPullRequest = {
  branch: 'sluice/main',
  base: 'main',
  title: 'Update hello',
  body: 'A table',
  labels: ['sluice', 'images'],
  assignees: ['alice', 'nobody'],
  autoMerge: false,
};

async function proposed() {
  const made = stage.repository();
  const { host } = made;
  await host.commit(commitRequest(await host.head('main'), { branch: NEW.branch, newBranch: true }));
  const { pullRequests } = host;
  if (pullRequests === undefined) {
    throw new Error('expected pull requests');
  }
  return { ...made, pullRequests };
}

describe('merge requests', () => {
  test('are opened with labels, and assignees that are known', async () => {
    const { pullRequests, project, lines, url } = await proposed();
    const opened = await pullRequests.open(NEW);
    expect(opened).toEqual({
      number: 1,
      url: `${url.replace(/\.git$/, '')}/-/merge_requests/1`,
      state: 'open',
      branch: 'sluice/main',
      title: 'Update hello',
      body: 'A table',
    });
    expect(project.mergeRequests).toMatchObject([
      { labels: ['sluice', 'images'], assignees: [{ username: 'alice' }], removeSourceBranch: true },
    ]);
    expect(lines).toMatchObject([{ level: 'warn', message: 'assignee is not known to GitLab', username: 'nobody' }]);
  });

  test('where one is open, that is given', async () => {
    const { pullRequests, project } = await proposed();
    const first = await pullRequests.open({ ...NEW, assignees: [] });
    expect(await pullRequests.open({ ...NEW, title: 'Another' })).toEqual(first);
    expect(project.mergeRequests).toHaveLength(1);
  });

  test('of which the answer was lost are found again', async () => {
    const { pullRequests, project } = await proposed();
    stage.double().plan = ({ method }) => (method === 'POST' ? { kind: 'cut' } : undefined);
    await expect(pullRequests.open(NEW)).rejects.toMatchObject({ code: 'git-unavailable', retryable: true });
    stage.double().plan = () => undefined;
    expect(await pullRequests.open(NEW)).toMatchObject({ number: 1 });
    expect(project.mergeRequests).toHaveLength(1);
  });

  test('from a branch that is not there: git-refused, in the words of GitLab', async () => {
    const { pullRequests } = await proposed();
    await expect(pullRequests.open({ ...NEW, branch: 'gone', assignees: [] })).rejects.toMatchObject({
      code: 'git-refused',
      message: expect.stringContaining('source_branch does not exist (status 400)'),
    });
  });

  test('are written anew, closed with a word, and told of', async () => {
    const { pullRequests, project, bare } = await proposed();
    await pullRequests.open({ ...NEW, assignees: [] });
    await pullRequests.update(1, { title: 'Newer', body: 'More' });
    expect(await pullRequests.list('main', 'sluice/')).toMatchObject([{ title: 'Newer', body: 'More', state: 'open' }]);
    await pullRequests.close(1, 'Superseded');
    expect(project.mergeRequests).toMatchObject([{ state: 'closed', notes: ['Superseded'] }]);
    expect(await pullRequests.list('main', 'sluice/')).toMatchObject([{ number: 1, state: 'closed' }]);
    expect(await pullRequests.list('main', 'other/')).toEqual([]);
    expect(await pullRequests.list('release', 'sluice/')).toEqual([]);
    expect(headOf(bare, NEW.branch)).toHaveLength(40);
    await expect(pullRequests.update(7, { title: 't', body: 'b' })).rejects.toMatchObject({ code: 'git-not-found' });
  });

  test('are listed in one request; older ones that are open in one more', async () => {
    const { pullRequests, project } = await proposed();
    await pullRequests.open({ ...NEW, assignees: [] });
    const list = async () => stage.asked(async () => pullRequests.list('main', 'sluice/'));
    expect(await list()).toHaveLength(1);
    const others = Array.from({ length: 119 }, (_, index) => ({
      ...project.mergeRequests[0],
      iid: index + 2,
      state: 'merged',
      createdAt: new Date(Date.UTC(2027, 0, 1) + index).toISOString(),
    }));
    Object.assign(project, { mergeRequests: [...project.mergeRequests, ...others] });
    expect(await list()).toHaveLength(2);
    const found = await pullRequests.list('main', 'sluice/');
    expect(found).toHaveLength(101);
    expect([found[0]?.number, found.at(-1)]).toMatchObject([120, { number: 1, state: 'open' }]);
  });

  test.each([
    { name: 'waits for the pipeline', pipelineRuns: true, state: 'opened', autoMerge: true, warned: 0 },
    { name: 'is merged at once', pipelineRuns: false, state: 'merged', autoMerge: false, warned: 0 },
    { name: 'has none to wait for: a warning', pipelineRuns: null, state: 'opened', autoMerge: false, warned: 1 },
  ])('auto-merge $name', async ({ pipelineRuns, state, autoMerge, warned }) => {
    const { pullRequests, project, lines } = await proposed();
    await pullRequests.open({ ...NEW, assignees: [] });
    Object.assign(project.mergeRequests[0] ?? {}, { pipelineRuns });
    await pullRequests.open({ ...NEW, assignees: [], autoMerge: true });
    expect(project.mergeRequests).toMatchObject([{ state, autoMerge }]);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(warned);
  });
});

describe('a status', () => {
  test('is told of a commit, and pending stays pending', async () => {
    const { host, bare, project } = stage.repository();
    const head = headOf(bare);
    const set = async (state: 'pending' | 'success' | 'failure', description = 'd') =>
      host.setStatus?.(head, { state, name: 'sluice/production', description });
    await set('pending');
    await set('pending');
    await set('success', 'x'.repeat(300));
    await set('failure');
    expect(project.statuses.map(({ status, description }) => `${status} ${String(description).length}`)).toEqual([
      'pending 1',
      'success 255',
      'failed 1',
    ]);
    await expect(
      host.setStatus?.('1'.repeat(40), { state: 'success', name: 'n', description: 'd' }),
    ).rejects.toMatchObject({ code: 'git-not-found' });
  });
});
