import { createSign, generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
let clock = Date.parse('2026-01-01T00:00:00Z');
beforeAll(async () => {
  stage = await openStage(() => clock);
});
afterAll(async () => stage.stop());
afterEach(() => expect(stage.github.violations.splice(0)).toEqual([]));

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object = {}, key: string = stage.github.app.privateKey, alg = 'RS256') => {
  const seconds = clock / 1000;
  const content = `${part({ alg, typ: 'JWT' })}.${part({ iss: stage.github.app.id, iat: seconds - 60, exp: seconds + 540, ...claims })}`;
  return `${content}.${createSign('RSA-SHA256').update(content).sign(key, 'base64url')}`;
};
const access = () => `POST /app/installations/${stage.github.app.installationId}/access_tokens`;
const token = async (body?: object) => {
  const answer = await stage.call(access(), { token: jwt(), ...(body && { body }) });
  return String(answer.get('token'));
};

describe('the JWT of an App', () => {
  test('finds the installation and gets a token for an hour', async () => {
    const installation = await stage.call('GET ~/installation', { token: jwt() });
    expect([installation.status, installation.get('id')]).toEqual([200, stage.github.app.installationId]);
    const granted = await stage.call(access(), { token: jwt({ iss: String(stage.github.app.id) }) });
    expect([granted.status, granted.get('expires_at')]).toEqual([201, '2026-01-01T01:00:00Z']);
    expect(granted.get('permissions')).toMatchObject({ contents: 'write', pull_requests: 'write' });
  });

  const DECODED = 'A JSON web token could not be decoded';
  test.each([
    { name: 'of another key', make: () => jwt({}, otherKey()), status: 401, says: DECODED },
    {
      name: 'of another algorithm',
      make: () => jwt({}, stage.github.app.privateKey, 'none'),
      status: 401,
      says: DECODED,
    },
    { name: 'of another App', make: () => jwt({ iss: 1 }), status: 404, says: 'Integration not found' },
    {
      name: 'that is too old',
      make: () => jwt({ exp: clock / 1000 }),
      status: 401,
      says: 'a numeric value representing the future time',
    },
    {
      name: 'that holds too long',
      make: () => jwt({ exp: clock / 1000 + 601 }),
      status: 401,
      says: 'is too far in the future',
    },
    {
      name: 'from the future',
      make: () => jwt({ iat: clock / 1000 + 30 }),
      status: 401,
      says: "'Issued at' claim ('iat')",
    },
    { name: 'that is a personal token', make: () => 'write-token', status: 401, says: DECODED },
  ])('$name: $status', async ({ make, status, says }) => {
    const refused = await stage.call(access(), { token: make() });
    expect(refused.status).toBe(status);
    expect(refused.get('message')).toContain(says);
  });

  test('sees no repository itself', async () => {
    expect((await stage.call('GET ~/branches/main', { token: jwt() })).status).toBe(404);
  });

  test('of an App that is not installed: 404', async () => {
    stage.github.app.installed = false;
    expect((await stage.call('GET ~/installation', { token: jwt() })).status).toBe(404);
    expect((await stage.call(access(), { token: jwt() })).status).toBe(404);
    stage.github.app.installed = true;
  });
});

describe('the token of an installation', () => {
  test('is good until it expires', async () => {
    const good = await token();
    expect((await stage.call('GET ~', { token: good })).status).toBe(200);
    clock += 3_600_000;
    const late = await stage.call('GET ~', { token: good });
    expect([late.status, late.get('message')]).toEqual([401, 'Bad credentials']);
    const next = await token();
    stage.github.expireTokens();
    expect((await stage.call('GET ~', { token: next })).status).toBe(401);
  });

  test('holds for the repositories and permissions that were asked for', async () => {
    stage.repository('other', [{ path: 'a', content: '' }]);
    const narrow = await token({ repositories: ['other'], permissions: { contents: 'read' } });
    expect((await stage.call('GET ~', { token: narrow })).status).toBe(404);
    expect((await stage.call('GET /repos/acme/other/branches/main', { token: narrow })).status).toBe(200);
    const refused = await stage.call('POST /repos/acme/other/git/blobs', { token: narrow, body: { content: '' } });
    expect([refused.status, refused.get('message')]).toEqual([403, 'Resource not accessible by integration']);
    expect((await stage.call('GET /repos/acme/other/pulls', { token: narrow })).status).toBe(403);
  });

  test.each([
    { body: { repositories: ['gone'] }, says: 'There is at least one repository that does not exist' },
    { body: { permissions: { administration: 'write' } }, says: 'The permissions requested are not granted' },
  ])('is not given for $body: 422', async ({ body, says }) => {
    const refused = await stage.call(access(), { token: jwt(), body });
    expect(refused.status).toBe(422);
    expect(refused.get('message')).toContain(says);
  });

  test.each([
    { name: 'nobody named', more: {}, verified: true, author: 'sluice[bot]', committer: 'GitHub' },
    {
      name: 'an author named',
      more: { author: { name: 'A', email: 'a@b.c' } },
      verified: false,
      author: 'A',
      committer: 'A',
    },
  ])('commits with $name: verified $verified', async ({ more, verified, author, committer }) => {
    const tree = stage.bare.git('rev-parse', 'main^{tree}').trim();
    const body = { message: 'x', tree, parents: [], ...more };
    const made = await stage.call('POST ~/git/commits', { token: await token(), body });
    expect([made.get('verification', 'verified'), made.get('author', 'name'), made.get('committer', 'name')]).toEqual([
      verified,
      author,
      committer,
    ]);
    expect((await stage.call(`GET ~/git/commits/${String(made.get('sha'))}`)).get('verification', 'verified')).toBe(
      verified,
    );
  });
});

function otherKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
