import { describe, expect, test } from 'vitest';
import type { PullRequests } from '../../../../shared/git-host/pull-request.ts';
import { recordingLog } from '../../../fakes/recording.ts';
import { gitHub, type Stage } from './stage.ts';

const github = gitHub();
const NEW = { base: 'main', title: 'hello: 1 → 2', body: 'A table', labels: [], assignees: [], autoMerge: false };

/** A repository with branches to propose, each a commit ahead. */
function proposed(...branches: readonly string[]) {
  const stage = github.stage([{ path: 'k8s/a.yml', content: 'a: 1\n' }]);
  const { log, lines } = recordingLog();
  const requests = pullRequestsOf(stage, log);
  const settings = github.double().repository(stage.name).settings;
  for (const branch of branches) {
    stage.bare.git('branch', branch, 'main');
    stage.bare.commit([{ path: 'k8s/a.yml', content: `a: ${branch}\n` }], branch);
  }
  stage.asked();
  return { ...stage, lines, requests, settings, person: github.double().person(stage.name) };
}

function pullRequestsOf({ again }: Stage, log: ReturnType<typeof recordingLog>['log']): PullRequests {
  const { pullRequests } = again({ log });
  if (pullRequests === undefined) {
    throw new Error('GitHub has pull requests.');
  }
  return pullRequests;
}

describe('opening', () => {
  test('makes one with its text, labels and assignees, by a request each', async () => {
    const { requests, person, asked, lines } = proposed('sluice/one');
    const labels = ['sluice', 'image update'];
    const opened = await requests.open({ ...NEW, branch: 'sluice/one', labels, assignees: ['octocat', 'Hubot'] });
    expect(opened).toEqual({
      number: expect.any(Number),
      url: expect.stringMatching(/^http:.*\/pull\/\d+$/),
      state: 'open',
      branch: 'sluice/one',
      title: 'hello: 1 → 2',
      body: 'A table',
    });
    const [pull] = await person.pullRequests();
    expect([...(pull?.labels ?? [])]).toEqual(labels);
    expect([...(pull?.assignees ?? [])].map(({ login }) => login)).toEqual(['octocat', 'hubot']);
    expect(asked().map((one) => one.replace(/issues\/\d+/, 'issues/N'))).toEqual([
      'POST pulls 201',
      'POST issues/N/labels 200',
      'POST issues/N/assignees 201',
    ]);
    expect(lines).toEqual([]);
  });

  test('again gives the one that is there', async () => {
    const { requests, person } = proposed('sluice/one');
    const first = await requests.open({ ...NEW, branch: 'sluice/one' });
    expect(await requests.open({ ...NEW, branch: 'sluice/one', title: 'another' })).toEqual(first);
    expect(await person.pullRequests()).toHaveLength(1);
  });

  test('after a lost answer gives the one that was made', async () => {
    const { requests, person } = proposed('sluice/one');
    github.double().plan = ({ method, path }) =>
      method === 'POST' && path.endsWith('/pulls') ? { kind: 'cut' } : undefined;
    await expect(requests.open({ ...NEW, branch: 'sluice/one' })).rejects.toMatchObject({
      code: 'git-unavailable',
      retryable: true,
    });
    github.double().plan = () => undefined;
    const again = await requests.open({ ...NEW, branch: 'sluice/one' });
    expect((await person.pullRequests()).map(({ number }) => number)).toEqual([again.number]);
  });

  test.each([
    { name: 'a branch that is not there', branch: 'gone', base: 'main' },
    { name: 'a base that is not there', branch: 'sluice/one', base: 'gone' },
    { name: 'a branch without a commit of its own', branch: 'same', base: 'main' },
  ])('$name: git-refused, in the words of GitHub', async ({ branch, base }) => {
    const { requests, bare } = proposed('sluice/one');
    bare.git('branch', 'same', 'main');
    await expect(requests.open({ ...NEW, branch, base })).rejects.toMatchObject({
      code: 'git-refused',
      retryable: false,
      message: expect.stringMatching(/^repository .*found Validation Failed.* \(status 422\)$/),
    });
  });

  test('warns of assignees whom GitHub does not know', async () => {
    const { requests, lines } = proposed('sluice/one');
    const { url } = await requests.open({ ...NEW, branch: 'sluice/one', assignees: ['octocat', 'nobody'] });
    expect(lines).toMatchObject([
      {
        level: 'warn',
        message: 'assignees left out: GitHub knows none of these names here',
        pullRequest: url,
        assignees: ['nobody'],
      },
    ]);
  });

  test('warns of what cannot be put on it, and gives it all the same', async () => {
    const { requests, lines } = proposed('sluice/one');
    const opened = await requests.open({ ...NEW, branch: 'sluice/one', labels: ['x'.repeat(51)] });
    expect(opened.state).toBe('open');
    expect(lines).toMatchObject([
      { level: 'warn', message: 'labels not set', pullRequest: opened.url, error: { code: 'git-refused' } },
    ]);
  });
});

describe('automatic merging', () => {
  test('waits for checks', async () => {
    const { requests, person, lines } = proposed('sluice/one');
    const { number } = await requests.open({ ...NEW, branch: 'sluice/one', autoMerge: true });
    expect((await person.pullRequests())[0]).toMatchObject({ state: 'open', autoMerge: 'merge' });
    await person.passChecks(number);
    expect(await requests.list('main', 'sluice/')).toMatchObject([{ number, state: 'merged' }]);
    expect(lines).toEqual([]);
  });

  test('merges at once where there is nothing to wait for', async () => {
    const { requests, settings, lines } = proposed('sluice/one');
    settings.checksRequired = false;
    const { number } = await requests.open({ ...NEW, branch: 'sluice/one', autoMerge: true });
    expect(await requests.list('main', 'sluice/')).toMatchObject([{ number, state: 'merged' }]);
    expect(lines).toEqual([]);
  });

  test.each([{ checksRequired: true }, { checksRequired: false }])(
    'that the repository does not allow is a warning (checks required: $checksRequired)',
    async ({ checksRequired }) => {
      const { requests, settings, lines } = proposed('sluice/one');
      settings.autoMergeAllowed = false;
      settings.checksRequired = checksRequired;
      const opened = await requests.open({ ...NEW, branch: 'sluice/one', autoMerge: true });
      expect(lines).toMatchObject([
        {
          level: 'warn',
          message: 'automatic merging not enabled',
          pullRequest: opened.url,
          reason: 'Auto merge is not allowed for this repository',
        },
      ]);
      expect(await requests.list('main', 'sluice/')).toMatchObject([{ state: 'open' }]);
    },
  );
});

describe('the list', () => {
  test('has those from branches of that prefix into that base, the latest first, as they stand', async () => {
    const { requests, person, bare, asked } = proposed(
      'sluice/one',
      'sluice/two',
      'sluice/three',
      'sluice/other',
      'fix',
    );
    bare.git('branch', 'release', 'main');
    const numbers: number[] = [];
    for (const branch of ['sluice/one', 'sluice/two', 'sluice/three', 'fix']) {
      numbers.push((await requests.open({ ...NEW, branch })).number);
    }
    await requests.open({ ...NEW, branch: 'sluice/other', base: 'release' });
    const [one = 0, two = 0, three = 0] = numbers;
    await person.mergePullRequest(one);
    await person.closePullRequest(two);
    asked();
    expect(await requests.list('main', 'sluice/')).toMatchObject([
      { number: three, state: 'open', branch: 'sluice/three' },
      { number: two, state: 'closed', branch: 'sluice/two' },
      { number: one, state: 'merged', branch: 'sluice/one' },
    ]);
    expect(asked()).toHaveLength(1);
  });

  test('has every open one, and of closed ones those among the latest hundred', { timeout: 60_000 }, async () => {
    const { requests, person, bare } = proposed('sluice/first', 'sluice/second', 'sluice/many');
    const first = await requests.open({ ...NEW, branch: 'sluice/first' });
    const second = await requests.open({ ...NEW, branch: 'sluice/second' });
    await person.closePullRequest(second.number);
    for (let index = 0; index < 100; index += 1) {
      const { number } = await requests.open({ ...NEW, branch: 'sluice/many', title: `${index}` });
      await person.closePullRequest(number);
    }
    const listed = await requests.list('main', 'sluice/');
    expect(listed).toHaveLength(101);
    expect(listed.at(-1)).toMatchObject({ number: first.number, state: 'open' });
    expect(bare.git('rev-parse', 'sluice/first')).toMatch(/^[0-9a-f]{40}/);
  });
});

test('an update writes title and body anew', async () => {
  const { requests } = proposed('sluice/one');
  const { number } = await requests.open({ ...NEW, branch: 'sluice/one' });
  await requests.update(number, { title: 'hello: 1 → 3', body: 'Another table' });
  expect(await requests.list('main', 'sluice/')).toMatchObject([
    { number, title: 'hello: 1 → 3', body: 'Another table', state: 'open' },
  ]);
});

test('closing says why, and leaves the branch', async () => {
  const { requests, person, bare } = proposed('sluice/one');
  const { number } = await requests.open({ ...NEW, branch: 'sluice/one' });
  await requests.close(number, 'Nothing is left to propose.');
  expect(await requests.list('main', 'sluice/')).toMatchObject([{ number, state: 'closed' }]);
  expect((await person.pullRequests())[0]?.comments).toMatchObject([{ body: 'Nothing is left to propose.' }]);
  expect(bare.git('rev-parse', 'sluice/one')).toMatch(/^[0-9a-f]{40}/);
});
