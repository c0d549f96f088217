import { describe, expect, test } from 'vitest';
import { openFrontDoor, RECEIVED_AT } from './front-door.ts';

const SECRET = 'a secret of GitLab';
const HOST = 'registry.gitlab.example.com';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const UUID = '13792a34-cac6-4fda-95a8-c58e00a3954e';

/** An event as GitLab's container registry sends it. */
function push(target: object = {}, event: object = {}) {
  return {
    id: '0ac0ce4d-3ab7-4d45-8a14-2d1ac4fcdb5a',
    timestamp: '2026-11-24T09:59:58.402973972Z',
    action: 'push',
    target: {
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      size: 1158,
      digest: DIGEST,
      repository: 'acme/team/hello',
      url: `https://${HOST}/v2/acme/team/hello/manifests/${DIGEST}`,
      tag: '1.0.1',
      ...target,
    },
    request: { id: 'a', addr: '192.0.2.14', host: HOST, method: 'PUT', useragent: 'docker/27' },
    actor: { name: 'root', user_type: 'build' },
    source: { addr: 'gitlab:5000', instanceID: 'b' },
    ...event,
  };
}

const PUSHED = {
  version: 1,
  id: '0ac0ce4d-3ab7-4d45-8a14-2d1ac4fcdb5a',
  source: 'gitlab',
  registry: HOST,
  repository: 'acme/team/hello',
  tag: '1.0.1',
  digest: DIGEST,
  pushedAt: '2026-11-24T09:59:58.402Z',
  actor: 'root',
  receivedAt: RECEIVED_AT,
};

const open = () => openFrontDoor([{ host: HOST, source: 'gitlab', secret: SECRET }]);
const path = '/push/gitlab';
const token = { 'x-gitlab-token': SECRET };

describe('a pushed tag is queued, proven by', () => {
  test.each([
    { what: 'X-Gitlab-Token', headers: token },
    { what: 'Authorization alone', headers: { authorization: SECRET } },
    { what: 'a bearer token', headers: { authorization: `Bearer ${SECRET}` } },
    { what: 'one of the two', headers: { ...token, authorization: 'Bearer of something else' } },
    { what: 'the other of the two', headers: { 'x-gitlab-token': 'another', authorization: SECRET } },
  ])('$what', async ({ headers }) => {
    const door = open();
    const reply = await door.deliver({ path, headers, body: { events: [push()] } });
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 1, ignored: [] }]);
    expect(await door.queued()).toEqual([PUSHED]);
  });
});

describe('who does not prove to be GitLab is told nothing:', () => {
  test.each<{ what: string; headers: Readonly<Record<string, string>> }>([
    { what: 'no header', headers: {} },
    { what: 'empty headers', headers: { 'x-gitlab-token': '', authorization: '' } },
    { what: 'a wrong token', headers: { 'x-gitlab-token': `${SECRET}.` } },
    { what: 'a token with a scheme', headers: { 'x-gitlab-token': `Bearer ${SECRET}` } },
    { what: 'the secret under another scheme', headers: { authorization: `Basic ${SECRET}` } },
    { what: 'a hook without a token', headers: { 'x-gitlab-event': 'Push Hook' } },
  ])('$what', async ({ headers }) => {
    const door = open();
    expect(await door.deliver({ path, headers, body: { events: [push()] } })).toEqual({ statusCode: 401 });
    expect(await door.queued()).toEqual([]);
  });
});

describe('is taken and passed over:', () => {
  const hook = { object_kind: 'push', ref: 'refs/heads/main', project: { path_with_namespace: 'acme/team/hello' } };
  test.each<{ what: string; headers?: Readonly<Record<string, string>>; body: unknown; reason: string }>([
    {
      what: 'a push to Git',
      headers: { 'x-gitlab-event': 'Push Hook', 'x-gitlab-event-uuid': UUID },
      body: hook,
      reason: `Push Hook ${UUID}, which tells of no image`,
    },
    {
      what: 'a tag in Git',
      headers: { 'x-gitlab-event': 'Tag Push Hook' },
      body: { ...hook, object_kind: 'tag_push' },
      reason: 'Tag Push Hook, which tells of no image',
    },
    {
      what: 'a hook of the system, whatever is in it',
      headers: { 'x-gitlab-event': 'System Hook' },
      body: { events: [push()] },
      reason: 'System Hook, which tells of no image',
    },
    {
      what: 'a hook that is no JSON',
      headers: { 'x-gitlab-event': 'Job Hook' },
      body: '{',
      reason: 'Job Hook, which tells of no image',
    },
    {
      what: 'a hook that does not say so',
      body: hook,
      reason: 'an envelope that cannot be read (events: Invalid input: expected array, received undefined)',
    },
    { what: 'broken JSON', body: '{"events": [', reason: 'an envelope that cannot be read (no JSON)' },
    { what: 'a pull', body: { events: [push({}, { action: 'pull' })] }, reason: 'action pull' },
    {
      what: 'a layer',
      body: { events: [push({ tag: undefined })] },
      reason: 'a push to acme/team/hello without a tag',
    },
    {
      what: 'a digest for a tag',
      body: { events: [push({ tag: DIGEST })] },
      reason: `${HOST}/acme/team/hello:${DIGEST} is not the name of an image`,
    },
    {
      what: 'an event that is none',
      body: { events: [null] },
      reason: 'an event that cannot be read (not an object)',
    },
  ])('$what', async ({ headers, body, reason }) => {
    const door = open();
    const reply = await door.deliver({ path, headers: { ...token, ...headers }, body });
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 0, ignored: [reason] }]);
    expect(await door.queued()).toEqual([]);
    expect(door.lines).toEqual([{ level: 'info', message: 'push ignored', source: 'gitlab', reason }]);
  });
});

describe('a job that tells of no tag is refused, so that it does not end well with nothing done:', () => {
  /** As README's job writes it. */
  const told = (target: object) => ({
    id: '4711',
    action: 'push',
    target: { repository: 'acme/team/hello', ...target },
  });
  test.each([
    { what: 'an empty variable', events: [told({ tag: '' })] },
    { what: 'no tag at all', events: [told({})] },
    { what: 'one of several', events: [told({ tag: '1.0.1' }), told({ tag: '' })] },
    { what: 'a digest in its place', events: [told({ digest: DIGEST })] },
  ])('$what', async ({ events }) => {
    const door = open();
    const { statusCode, body } = await door.deliver({ path, headers: token, body: { events } });
    expect({ statusCode, reason: JSON.parse(body ?? '').reason }).toEqual({
      statusCode: 400,
      reason:
        'push: expected a tag of acme/team/hello, found none. Send the tag that the job pushed; a variable such as $CI_COMMIT_TAG is empty on a branch.',
    });
    expect(await door.queued()).toEqual([]);
  });

  test('nobody who proves nothing is told so', async () => {
    const door = open();
    const body = { events: [told({ tag: '' })] };
    expect(await door.deliver({ path, headers: { 'x-gitlab-token': 'x' }, body })).toEqual({ statusCode: 401 });
  });
});
