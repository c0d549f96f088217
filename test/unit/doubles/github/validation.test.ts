import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cutDescription } from '../../../doubles/github/cut-description.ts';
import { OPERATIONS } from '../../../doubles/github/operations.ts';
import { openValidator } from '../../../doubles/github/validation.ts';
import { openStage, type Stage } from './stage.ts';

const REPOSITORY = '/repos/{owner}/{repo}';
const PARAMS = { owner: 'acme', repo: 'shop' };
const SHA = '1'.repeat(40);
const REF = {
  ref: 'refs/heads/a',
  node_id: 'x',
  url: 'http://h/x',
  object: { type: 'commit', sha: SHA, url: 'http://h/y' },
};

describe('the description', () => {
  test('is cut to what is served, and to nothing else', () => {
    const path = join(import.meta.dirname, '../../../fixtures/github/openapi.json');
    const description: unknown = JSON.parse(readFileSync(path, 'utf8'));
    expect(cutDescription(description)).toEqual(description);
    expect(OPERATIONS.length).toBeGreaterThan(20);
  });

  test.each(OPERATIONS.map(({ method, path }) => ({ method, path })))('knows $method $path', ({ method, path }) => {
    expect(openValidator().reply(method, path, 299, undefined)).toEqual([
      `${method} ${path} 299: is not a status of it`,
    ]);
  });
});

describe('a reply', () => {
  test.each([
    { name: 'as described', status: 201, body: REF, fault: undefined },
    {
      name: 'without a field',
      status: 201,
      body: { ...REF, object: { type: 'commit', url: 'http://h/y' } },
      fault: "/object: must have required property 'sha'",
    },
    { name: 'with another type', status: 201, body: { ...REF, node_id: 5 }, fault: '/node_id: must be string' },
    {
      name: 'with what is no address',
      status: 201,
      body: { ...REF, url: 'here' },
      fault: '/url: must match format "uri"',
    },
    { name: 'of another status', status: 200, body: REF, fault: '200: is not a status of it' },
    { name: 'without a body', status: 201, body: undefined, fault: 'must be object' },
    {
      name: 'that is an error',
      status: 401,
      body: { message: 'no', documentation_url: 'x', status: '401' },
      fault: undefined,
    },
    {
      name: 'that is an error of the wrong form',
      status: 401,
      body: { message: 5 },
      fault: '/message: must be string',
    },
    {
      name: 'that says what is invalid',
      status: 422,
      body: { message: 'no', documentation_url: 'x', errors: [{ code: 'custom' }] },
      fault: undefined,
    },
    {
      name: 'that does not say so',
      status: 422,
      body: { errors: 'all' },
      fault: "must have required property 'message'",
    },
  ])('$name', ({ status, body, fault }) => {
    const faults = openValidator().reply('post', `${REPOSITORY}/git/refs`, status, body);
    expect(faults.join('\n')).toContain(fault ?? '');
    expect(faults.length > 0).toBe(fault !== undefined);
  });
});

describe('a request', () => {
  const query = (text = '') => new URLSearchParams(text);
  test.each([
    {
      name: 'as described',
      path: '/git/refs',
      method: 'post',
      search: '',
      body: { ref: 'refs/heads/a', sha: SHA },
      fault: undefined,
    },
    {
      name: 'with another field',
      path: '/git/refs',
      method: 'post',
      search: '',
      body: { ref: 'refs/heads/a', sha: SHA, forced: true },
      fault: 'must NOT have additional properties {"additionalProperty":"forced"}',
    },
    {
      name: 'with a field within that is unknown',
      path: '/git/trees',
      method: 'post',
      search: '',
      body: { tree: [{ paths: 'a' }] },
      fault: '{"additionalProperty":"paths"}',
    },
    {
      name: 'with a value that is none of them',
      path: '/git/trees',
      method: 'post',
      search: '',
      body: { tree: [{ path: 'a', mode: '100600' }] },
      fault: '/tree/0/mode: must be equal to one of the allowed values',
    },
    {
      name: 'to delete a file',
      path: '/git/trees',
      method: 'post',
      search: '',
      body: { tree: [{ path: 'a', sha: null }] },
      fault: undefined,
    },
    {
      name: 'without its body',
      path: '/git/refs',
      method: 'post',
      search: '',
      body: undefined,
      fault: 'body: is missing',
    },
    {
      name: 'with a body that nobody reads',
      path: '/commits',
      method: 'get',
      search: '',
      body: {},
      fault: 'body: takes none',
    },
    {
      name: 'with a query',
      path: '/commits',
      method: 'get',
      search: 'sha=main&per_page=100&page=2',
      body: undefined,
      fault: undefined,
    },
    {
      name: 'with a misspelt query',
      path: '/commits',
      method: 'get',
      search: 'branch=main',
      body: undefined,
      fault: '{"additionalProperty":"branch"}',
    },
    {
      name: 'with a query of another type',
      path: '/commits',
      method: 'get',
      search: 'per_page=many',
      body: undefined,
      fault: '/per_page: must be integer',
    },
    {
      name: 'with a state that is none',
      path: '/pulls',
      method: 'get',
      search: 'state=merged',
      body: undefined,
      fault: '/state: must be equal to one of the allowed values',
    },
  ])('$name', ({ path, method, search, body, fault }) => {
    const faults = openValidator().request(method, `${REPOSITORY}${path}`, {
      params: PARAMS,
      query: query(search),
      body,
    });
    expect(faults.join('\n')).toContain(fault ?? '');
    expect(faults.length > 0).toBe(fault !== undefined);
  });
});

describe('the double', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => stage.stop());
  afterEach(() => expect(stage.github.violations.splice(0)).toEqual([]));

  test('notes a wrong request once, and refuses it', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect((await stage.call('POST ~/git/blobs', { body: { contents: 'x' } })).status).toBe(422);
    }
    expect(stage.github.violations.splice(0)).toEqual([
      expect.stringContaining("post /repos/{owner}/{repo}/git/blobs body: must have required property 'content'"),
      expect.stringContaining('{"additionalProperty":"contents"}'),
    ]);
  });

  test('notes what it does not serve', async () => {
    expect((await stage.call('GET ~/git/refs/heads/main')).status).toBe(404);
    expect(stage.github.violations.splice(0)).toEqual([
      'GET /repos/acme/shop/git/refs/heads/main: is not part of the description that the double serves',
    ]);
  });

  test('notes a wrong reply of its own', async () => {
    stage.repository('wrong', [{ path: 'a', content: '' }]);
    const { settings } = stage.github.repository('wrong');
    Object.assign(settings, { archived: 'no' });
    await stage.call('GET /repos/acme/wrong');
    expect(stage.github.violations.splice(0)).toEqual([
      'get /repos/{owner}/{repo} 200/archived: must be boolean {"type":"boolean"}',
    ]);
  });
});
