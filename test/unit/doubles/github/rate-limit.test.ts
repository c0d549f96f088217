import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
let clock = Date.parse('2026-01-01T00:00:00Z');
beforeAll(async () => {
  stage = await openStage(() => clock);
});
afterAll(async () => stage.stop());
beforeEach(() => {
  Object.assign(stage.github.rateLimit, { limit: 5000, used: 0, secondary: undefined });
});
afterEach(() => expect(stage.github.violations.splice(0)).toEqual([]));

describe('the rate limit', () => {
  test('is told of in every reply, errors too', async () => {
    await stage.call('GET ~/branches/main');
    const { headers } = await stage.call('GET ~/branches/gone');
    expect(Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-ratelimit')))).toEqual({
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '4998',
      'x-ratelimit-used': '2',
      'x-ratelimit-reset': String(stage.github.rateLimit.resetsAt),
      'x-ratelimit-resource': 'core',
    });
    expect((await stage.call('GET /rate_limit')).get('rate', 'used')).toBe(2);
  });

  test('refuses when it is used up, until it begins anew', async () => {
    stage.github.rateLimit.limit = 1;
    expect((await stage.call('GET ~')).status).toBe(200);
    const refused = await stage.call('GET ~');
    expect(refused.status).toBe(403);
    expect(refused.get('message')).toContain('API rate limit exceeded');
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    clock = Number(refused.headers.get('x-ratelimit-reset')) * 1000;
    expect((await stage.call('GET ~')).status).toBe(200);
  });

  test.each([{ status: 403, retryAfterSeconds: 60 }, { status: 429, retryAfterSeconds: 7 }, { status: 429 }] as const)(
    'has a second one: $status, wait $retryAfterSeconds',
    async (secondary) => {
      stage.github.rateLimit.secondary = secondary;
      const refused = await stage.call('GET ~');
      expect(refused.status).toBe(secondary.status);
      expect(refused.get('message')).toContain('You have exceeded a secondary rate limit');
      const seconds = 'retryAfterSeconds' in secondary ? String(secondary.retryAfterSeconds) : null;
      expect(refused.headers.get('retry-after')).toBe(seconds);
    },
  );
});

describe('an ETag', () => {
  test('saves the body and the request, until something changes', async () => {
    const first = await stage.call('GET ~/git/ref/heads/main');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    expect(headers['if-none-match']).toMatch(/^W\/"/);
    const same = await stage.call('GET ~/git/ref/heads/main', { headers });
    expect([same.status, same.text, same.headers.get('x-ratelimit-used')]).toEqual([304, '', '1']);
    stage.bare.commit([{ path: 'a', content: String(clock) }]);
    const changed = await stage.call('GET ~/git/ref/heads/main', { headers });
    expect([changed.status, changed.headers.get('x-ratelimit-used')]).toEqual([200, '2']);
  });

  test('is not for others', async () => {
    const first = await stage.call('GET ~/git/ref/heads/main');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    expect((await stage.call('GET ~/git/ref/heads/main', { headers, token: 'read-token' })).status).toBe(200);
  });
});

describe('a planned fault', () => {
  const body = { ref: 'refs/heads/made', sha: '' };
  beforeEach(() => {
    body.sha = stage.bare.git('rev-parse', 'main').trim();
    stage.github.requests.length = 0;
  });
  afterEach(() => {
    stage.github.plan = () => undefined;
    if (stage.bare.git('for-each-ref', 'refs/heads/made') !== '') {
      stage.bare.git('update-ref', '-d', 'refs/heads/made');
    }
  });
  const isMade = () => stage.bare.git('for-each-ref', 'refs/heads/made') !== '';

  test.each([
    { afterWork: false, made: false },
    { afterWork: true, made: true },
  ])('status, after work $afterWork: made $made', async ({ afterWork, made }) => {
    stage.github.plan = ({ method }) => (method === 'POST' ? { kind: 'status', status: 502, afterWork } : undefined);
    const answer = await stage.call('POST ~/git/refs', { body });
    expect([answer.status, isMade()]).toEqual([502, made]);
    expect(stage.github.requests).toEqual([{ method: 'POST', path: '/api/v3/repos/acme/shop/git/refs', status: 502 }]);
  });

  test('429 with its headers', async () => {
    stage.github.plan = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '3' } });
    const answer = await stage.call('GET ~');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3']);
  });

  test('cut: made, and the reply breaks off', async () => {
    stage.github.plan = () => ({ kind: 'cut' });
    await expect(stage.call('POST ~/git/refs', { body })).rejects.toThrow('terminated');
    expect(isMade()).toBe(true);
  });

  test('hang: no answer', async () => {
    stage.github.plan = () => ({ kind: 'hang', afterWork: true });
    const headers = { authorization: 'Bearer write-token' };
    const url = `${stage.github.url}/api/v3/repos/acme/shop/git/refs`;
    const given = new AbortController();
    const asked = fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: given.signal });
    asked.catch(() => {});
    await expect.poll(() => stage.github.requests).toEqual([expect.objectContaining({ status: 0 })]);
    given.abort();
    await expect(asked).rejects.toThrow('aborted');
    expect(isMade()).toBe(true);
  });

  test('of plain Git: refused before it begins', async () => {
    stage.github.plan = ({ path }) => (path.startsWith('/acme/') ? { kind: 'status', status: 503 } : undefined);
    expect((await fetch(`${stage.github.url}/acme/shop.git/info/refs`)).status).toBe(503);
  });
});
