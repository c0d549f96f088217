import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
let clock = Date.parse('2026-01-01T00:00:00Z');
let branches = 0;
let branch: string;
beforeAll(async () => {
  stage = await openStage(() => clock);
});
afterAll(async () => stage.stop());
beforeEach(async () => {
  branches += 1;
  clock += 1000;
  branch = `sluice/${branches}`;
  await stage.branch(branch, `${branches}.yml`, 'a: 1\n');
});
afterEach(() => expect(stage.github.violations.splice(0)).toEqual([]));

const propose = async (more: object = {}) =>
  stage.call('POST ~/pulls', { body: { title: 'Update', body: 'why', head: branch, base: 'main', ...more } });
const proposed = async (): Promise<number> => Number((await propose()).get('number'));

describe('a pull request', () => {
  test('is opened, read, written anew and closed', async () => {
    const opened = await propose();
    expect(opened.status).toBe(201);
    expect(opened.get('head')).toMatchObject({ ref: branch, label: `acme:${branch}` });
    const line = `~/pulls/${String(opened.get('number'))}`;
    const patched = await stage.call(`PATCH ${line}`, { body: { title: 'New', body: 'words' } });
    expect([patched.get('title'), patched.get('body'), patched.get('state')]).toEqual(['New', 'words', 'open']);
    const closed = await stage.call(`PATCH ${line}`, { body: { state: 'closed' } });
    expect([closed.get('state'), closed.get('merged'), closed.get('closed_at')]).toEqual([
      'closed',
      false,
      expect.any(String),
    ]);
    expect((await stage.call(`GET ${line}`)).get('mergeable')).toBeNull();
    expect((await propose()).status).toBe(201);
  });

  test.each([
    { name: 'a branch that is not there', more: { head: 'gone' }, errors: [{ field: 'head', code: 'invalid' }] },
    { name: 'a base that is not there', more: { base: 'gone' }, errors: [{ field: 'base', code: 'invalid' }] },
    {
      name: 'nothing in it',
      more: { head: 'main' },
      errors: [{ code: 'custom', message: 'No commits between main and main' }],
    },
    { name: 'no title', more: { title: ' ' }, errors: [{ field: 'title', code: 'missing_field' }] },
    {
      name: 'too much text',
      more: { body: 'x'.repeat(65_537) },
      errors: [{ field: 'body', code: 'custom', message: 'body is too long (maximum is 65536 characters)' }],
    },
  ])('with $name: 422', async ({ more, errors }) => {
    const refused = await propose(more);
    expect([refused.status, refused.get('message')]).toEqual([422, 'Validation Failed']);
    expect(refused.get('errors')).toMatchObject(errors);
  });

  test('of a branch that has one already: 422', async () => {
    await propose();
    const message = `A pull request already exists for acme:${branch}.`;
    expect((await propose()).get('errors')).toEqual([{ resource: 'PullRequest', code: 'custom', message }]);
  });

  test('takes labels, comments, and the assignees that are known', async () => {
    const issue = `~/issues/${await proposed()}`;
    const labels = await stage.call(`POST ${issue}/labels`, { body: { labels: ['sluice', 'bot'] } });
    expect([labels.status, labels.get(1, 'name')]).toEqual([200, 'bot']);
    const assigned = await stage.call(`POST ${issue}/assignees`, { body: { assignees: ['Octocat', 'nobody'] } });
    expect([assigned.status, assigned.get('assignees', 0, 'login'), assigned.get('assignees', 1)]).toEqual([
      201,
      'octocat',
      undefined,
    ]);
    const comment = await stage.call(`POST ${issue}/comments`, { body: { body: 'superseded' } });
    expect([comment.status, comment.get('user', 'login')]).toEqual([201, 'writer']);
    expect((await stage.call(`POST ${issue}/comments`, { body: { body: ' ' } })).status).toBe(422);
    expect((await stage.call('POST ~/issues/999/comments', { body: { body: 'x' } })).status).toBe(404);
  });
});

describe('what a person does', () => {
  test.each([
    { method: 'merge', parents: 2 },
    { method: 'squash', parents: 1 },
    { method: 'rebase', parents: 1 },
  ] as const)('$method: merged, and the base has it', async ({ method, parents }) => {
    const tip = stage.bare.git('rev-parse', 'main').trim();
    const number = await proposed();
    const head = await stage.github.person('shop').mergePullRequest(number, method);
    expect(stage.bare.git('rev-parse', 'main').trim()).toBe(head);
    expect(stage.bare.git('log', '-1', '--format=%P', 'main').trim().split(' ')).toHaveLength(parents);
    expect(stage.bare.git('rev-parse', 'main^1').trim()).toBe(tip);
    expect(stage.bare.read(`${branches}.yml`).toString('utf8')).toBe('a: 1\n');
    const read = await stage.call(`GET ~/pulls/${number}`);
    expect([read.get('state'), read.get('merged'), read.get('merged_by', 'login')]).toEqual([
      'closed',
      true,
      'octocat',
    ]);
  });

  test('a closed one opens again, but not one whose branch is gone', async () => {
    const number = await proposed();
    const person = stage.github.person('shop');
    await person.closePullRequest(number);
    expect((await stage.call(`GET ~/pulls/${number}`)).get('state')).toBe('closed');
    await person.reopenPullRequest(number);
    expect((await stage.call(`GET ~/pulls/${number}`)).get('state')).toBe('open');
    await person.deleteBranch(branch);
    expect((await stage.call(`GET ~/pulls/${number}`)).get('state')).toBe('closed');
    expect((await stage.call(`PATCH ~/pulls/${number}`, { body: { state: 'open' } })).status).toBe(422);
  });

  test('a branch that is pushed into the base counts as merged', async () => {
    const number = await proposed();
    stage.bare.git('update-ref', 'refs/heads/main', branch);
    expect((await stage.call(`GET ~/pulls/${number}`)).get('merged')).toBe(true);
  });
});

describe('lists', () => {
  test('by state, branch and base, the latest first, in pages', async () => {
    const one = await proposed();
    const found = async (query: string) => {
      const list = await stage.call(`GET ~/pulls?${query}`);
      return [0, 1].map((index) => list.get(index, 'number'));
    };
    expect(await found(`head=acme:${branch}`)).toEqual([one, undefined]);
    expect(await found(`head=other:${branch}&state=all`)).toEqual([undefined, undefined]);
    expect(await found(`head=acme:${branch}&base=other`)).toEqual([undefined, undefined]);
    await stage.github.person('shop').closePullRequest(one);
    expect(await found(`head=acme:${branch}`)).toEqual([undefined, undefined]);
    expect(await found(`head=acme:${branch}&state=closed`)).toEqual([one, undefined]);
    expect(await found('state=all')).toEqual([one, one - 1]);
    expect(await found('state=all&sort=created&direction=asc')).toEqual([1, 2]);
    expect(await found('state=all&sort=updated')).toEqual([expect.any(Number), expect.any(Number)]);
    const page = await stage.call('GET ~/pulls?state=all&per_page=1&page=2');
    expect(page.get(0, 'number')).toBe(one - 1);
    expect(page.headers.get('link')).toMatch(/repositories\/\d+\/pulls\?.*page=3>; rel="next"/);
  });
});

describe('merging by the API', () => {
  test('waits for checks, and wants the head that was looked at', async () => {
    const opened = await propose();
    const line = `PUT ~/pulls/${String(opened.get('number'))}/merge`;
    expect((await stage.call(line, { body: {} })).status).toBe(405);
    const { settings } = stage.github.repository('shop');
    settings.checksRequired = false;
    expect((await stage.call(line, { body: { sha: '1'.repeat(40) } })).status).toBe(409);
    const merged = await stage.call(line, { body: { sha: opened.get('head', 'sha'), merge_method: 'squash' } });
    settings.checksRequired = true;
    expect([merged.status, merged.get('merged')]).toEqual([200, true]);
    expect(merged.get('sha')).toBe(stage.bare.git('rev-parse', 'main').trim());
    expect((await stage.call(line, { body: {} })).status).toBe(405);
  });
});

describe('automatic merging', () => {
  const ask = async (id: unknown, token = 'write-token', query = QUERY) => {
    const response = await fetch(`${stage.github.url}/api/graphql`, {
      method: 'POST',
      headers: { authorization: `bearer ${token}` },
      body: JSON.stringify({ query, variables: { id, method: 'SQUASH' } }),
    });
    return response.text();
  };
  const QUERY = `mutation ($id: ID!, $method: PullRequestMergeMethod) {
    enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: $method }) { pullRequest { number } }
  }`;

  test('merges when the checks have passed', async () => {
    const opened = await propose();
    const number = Number(opened.get('number'));
    expect(await ask(opened.get('node_id'))).toContain(`"number":${number}`);
    const read = await stage.call(`GET ~/pulls/${number}`);
    expect([read.get('state'), read.get('auto_merge', 'merge_method')]).toEqual(['open', 'squash']);
    await stage.github.person('shop').passChecks(number);
    expect((await stage.call(`GET ~/pulls/${number}`)).get('merged')).toBe(true);
  });

  test.each([
    {
      name: 'is not allowed',
      settings: { autoMergeAllowed: false },
      says: 'Auto merge is not allowed for this repository',
    },
    { name: 'has nothing to wait for', settings: { checksRequired: false }, says: 'is in clean status' },
  ])('is refused where it $name', async ({ settings, says }) => {
    const opened = await propose();
    const now = stage.github.repository('shop').settings;
    Object.assign(now, settings);
    expect(await ask(opened.get('node_id'))).toContain(says);
    Object.assign(now, { autoMergeAllowed: true, checksRequired: true });
  });

  test('is refused to whoever may not write, and of what is not there', async () => {
    const opened = await propose();
    expect(await ask(opened.get('node_id'), 'read-token')).toContain('"type":"FORBIDDEN"');
    expect(await ask('bm90aGluZw==')).toContain('"type":"NOT_FOUND"');
  });

  test.each([
    { name: 'no mutation', query: '{ viewer { login } }' },
    { name: 'an undeclared variable', query: QUERY.replace('$id: ID!, ', '') },
    { name: 'an unknown field', query: QUERY.replace('mergeMethod', 'method') },
    { name: 'nothing asked back', query: QUERY.replace('{ pullRequest { number } }', '') },
  ])('$name: a violation', async ({ query }) => {
    expect(await ask('x', 'write-token', query)).toContain('errors');
    expect(stage.github.violations.splice(0)).toHaveLength(1);
  });
});

describe('statuses', () => {
  test('are kept for a commit, and not too long', async () => {
    const sha = stage.bare.git('rev-parse', 'main').trim();
    const body = { state: 'success', context: 'sluice/production', description: 'applied' };
    const made = await stage.call(`POST ~/statuses/${sha}`, { body });
    expect([made.status, made.get('context'), made.get('creator', 'login')]).toEqual([
      201,
      'sluice/production',
      'writer',
    ]);
    expect(stage.github.repository('shop').statuses).toMatchObject([{ sha, ...body }]);
    const long = await stage.call(`POST ~/statuses/${sha}`, { body: { ...body, description: 'x'.repeat(141) } });
    expect(long.get('errors', 0, 'message')).toBe('description is too long (maximum is 140 characters)');
    const gone = await stage.call(`POST ~/statuses/${'1'.repeat(40)}`, { body });
    expect([gone.status, gone.get('message')]).toEqual([422, `No commit found for SHA: ${'1'.repeat(40)}`]);
  });
});
