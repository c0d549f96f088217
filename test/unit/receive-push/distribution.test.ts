import { describe, expect, test } from 'vitest';
import { bearer, DISTRIBUTION_SECRET, HOST, openFrontDoor, RECEIVED_AT } from './front-door.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

interface Changes {
  readonly event?: object;
  readonly target?: object;
  readonly request?: object;
}

/** An event as docker-registry 2.8 sends it. */
function push({ event = {}, target = {}, request = {} }: Changes = {}) {
  return {
    id: '320678d8-ca14-430f-8bb6-4ca139cd83f7',
    timestamp: '2026-11-24T09:59:58.402973972+01:00',
    action: 'push',
    target: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 708,
      digest: DIGEST,
      length: 708,
      repository: 'team/hello',
      url: `https://${HOST}/v2/team/hello/manifests/${DIGEST}`,
      tag: '1.0.1',
      ...target,
    },
    request: { id: 'a', addr: '192.0.2.14:64920', host: HOST, method: 'PUT', useragent: 'skopeo/1.9.3', ...request },
    actor: { name: 'ci' },
    source: { addr: 'registry:5000', instanceID: 'b' },
    ...event,
  };
}

const PUSHED = {
  version: 1,
  id: '320678d8-ca14-430f-8bb6-4ca139cd83f7',
  source: 'distribution',
  registry: HOST,
  repository: 'team/hello',
  tag: '1.0.1',
  digest: DIGEST,
  pushedAt: '2026-11-24T08:59:58.402Z',
  actor: 'ci',
  receivedAt: RECEIVED_AT,
};

test('a pushed tag is queued and logged', async () => {
  const door = openFrontDoor();
  const reply = await door.deliver({ body: { events: [push()] } });
  expect(reply).toMatchObject({ statusCode: 202, headers: { 'content-type': 'application/json' } });
  expect(JSON.parse(reply.body ?? '')).toEqual({ accepted: 1, ignored: [] });
  expect(await door.queued()).toEqual([PUSHED]);
  expect(door.lines).toEqual([
    {
      level: 'info',
      message: 'push received',
      source: 'distribution',
      push: PUSHED.id,
      image: `${HOST}/team/hello`,
      tag: '1.0.1',
      digest: DIGEST,
      actor: 'ci',
    },
  ]);
});

describe('a pushed tag is queued where', () => {
  test.each([
    { what: 'the host is in capitals', changes: { request: { host: 'Registry.Example.COM' } }, queued: {} },
    { what: 'no host is told', changes: { request: { host: undefined } }, queued: {} },
    { what: 'there is no request', changes: { event: { request: undefined } }, queued: {} },
    { what: 'the port of its protocol is told', changes: { request: { host: `${HOST}:443` } }, queued: {} },
    { what: 'a proxy asked it by another port', changes: { request: { host: `${HOST}:5000` } }, queued: {} },
    { what: 'a proxy asked it by a short name', changes: { request: { host: 'registry:5000' } }, queued: {} },
    { what: 'a proxy asked it by an address', changes: { request: { host: '10.1.2.3:5000' } }, queued: {} },
    { what: "a proxy asked it by a Service's name", changes: { request: { host: 'hub.tools.svc:5000' } }, queued: {} },
    { what: 'nobody is named', changes: { event: { actor: {} } }, queued: { actor: undefined } },
    { what: 'there is no digest', changes: { target: { digest: undefined } }, queued: { digest: undefined } },
    {
      what: 'the digest is cut short',
      changes: { target: { digest: DIGEST.slice(0, -4) } },
      queued: { digest: undefined },
    },
    { what: 'there is no time', changes: { event: { timestamp: undefined } }, queued: { pushedAt: RECEIVED_AT } },
    {
      what: 'the time is yet to come',
      changes: { event: { timestamp: '2099-01-01T00:00:00Z' } },
      queued: { pushedAt: RECEIVED_AT },
    },
    { what: 'the time is no time', changes: { event: { timestamp: 'now' } }, queued: { pushedAt: RECEIVED_AT } },
    {
      what: 'the time is past what others read',
      changes: { event: { timestamp: '+012026-11-24T10:00:00Z' } },
      queued: { pushedAt: RECEIVED_AT },
    },
    { what: 'there are fields of a later version', changes: { event: { artifact: { type: 1 } } }, queued: {} },
  ])('$what', async ({ changes, queued }) => {
    const door = openFrontDoor();
    const reply = await door.deliver({ body: { events: [push(changes)] } });
    expect(JSON.parse(reply.body ?? '')).toEqual({ accepted: 1, ignored: [] });
    expect(await door.queued()).toEqual([JSON.parse(JSON.stringify({ ...PUSHED, ...queued }))]);
  });
});

describe('is taken and passed over:', () => {
  test.each([
    { what: 'a pull', changes: { event: { action: 'pull' } }, reason: 'action pull' },
    { what: 'a mount', changes: { event: { action: 'mount' } }, reason: 'action mount' },
    { what: 'a delete', changes: { event: { action: 'delete' } }, reason: 'action delete' },
    {
      what: 'a layer',
      changes: { target: { tag: undefined, mediaType: 'application/octet-stream' } },
      reason: 'a push to team/hello without a tag',
    },
    { what: 'an empty tag', changes: { target: { tag: '' } }, reason: 'a push to team/hello without a tag' },
    {
      what: 'a digest for a tag',
      changes: { target: { tag: DIGEST } },
      reason: `${HOST}/team/hello:${DIGEST} is not the name of an image`,
    },
    {
      what: 'a tag that leaves its path',
      changes: { target: { tag: '../../other/manifests/1.0' } },
      reason: `${HOST}/team/hello:../../other/manifests/1.0 is not the name of an image`,
    },
    {
      what: 'a tag of two lines',
      changes: { target: { tag: '1.0\nSluice-Update: x' } },
      reason: `${HOST}/team/hello:1.0\nSluice-Update: x is not the name of an image`,
    },
    {
      what: 'a repository in capitals',
      changes: { target: { repository: 'Team/Hello' } },
      reason: `${HOST}/Team/Hello:1.0.1 is not the name of an image`,
    },
    { what: 'no repository', changes: { target: { repository: '' } }, reason: 'a push without a repository' },
    {
      what: 'another registry that we know by another secret',
      changes: { request: { host: 'registry.example.net' } },
      reason: `registry.example.net/team/hello:1.0.1 is not of ${HOST}, which this secret is for`,
    },
    {
      what: 'a host that nobody knows',
      changes: { request: { host: 'registry.example.org' } },
      reason: `registry.example.org/team/hello:1.0.1 is not of ${HOST}, which this secret is for`,
    },
    {
      what: 'no id',
      changes: { event: { id: undefined } },
      reason: 'an event that cannot be read (id)',
    },
    {
      what: 'a tag that is a number',
      changes: { target: { tag: 1 } },
      reason: 'an event that cannot be read (target.tag)',
    },
    {
      what: 'a name that no queue would take',
      changes: { event: { actor: { name: 'x'.repeat(300_000) } } },
      reason: 'an event that cannot be read (actor.name)',
    },
    {
      what: 'no target',
      changes: { event: { target: null } },
      reason: 'an event that cannot be read (target)',
    },
  ])('$what', async ({ changes, reason }) => {
    const door = openFrontDoor();
    const reply = await door.deliver({ body: { events: [push(changes)] } });
    expect(reply.statusCode).toBe(202);
    expect(JSON.parse(reply.body ?? '')).toEqual({ accepted: 0, ignored: [reason] });
    expect(await door.queued()).toEqual([]);
    expect(door.lines).toEqual([{ level: 'info', message: 'push ignored', source: 'distribution', reason }]);
  });

  // The registry would send these again for ever, and nothing else.
  test.each([
    { what: 'broken JSON', body: '{"events": [', reason: 'no JSON' },
    { what: 'JSON with more after it', body: '{"events":[]}}', reason: 'no JSON' },
    { what: 'nothing', body: '', reason: 'no JSON' },
    { what: 'a list', body: [], reason: 'the body: Invalid input: expected object, received array' },
    { what: 'no events', body: {}, reason: 'events: Invalid input: expected array, received undefined' },
  ])('an envelope that is $what', async ({ body, reason }) => {
    const door = openFrontDoor();
    const reply = await door.deliver({ body });
    expect(reply.statusCode).toBe(202);
    const ignored = [`an envelope that cannot be read (${reason})`];
    expect(JSON.parse(reply.body ?? '')).toEqual({ accepted: 0, ignored });
    expect(await door.queued()).toEqual([]);
  });

  test('an envelope without events', async () => {
    const reply = await openFrontDoor().deliver({ body: { events: [] } });
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 0, ignored: [] }]);
  });
});

test('an envelope with several events: each by itself, in order', async () => {
  const door = openFrontDoor();
  const events = [
    push({ event: { id: '1' }, target: { tag: undefined } }),
    push({ event: { id: '2' } }),
    'not an event',
    { ['__proto__']: { action: 'push' } },
    [[[[]]]],
    null,
    push({ event: { id: '3' }, target: { tag: 'latest' } }),
  ];
  const reply = await door.deliver({ body: { events } });
  expect(JSON.parse(reply.body ?? '')).toEqual({
    accepted: 2,
    ignored: [
      'a push to team/hello without a tag',
      'an event that cannot be read (not an object)',
      'an event that cannot be read (id, action, target)',
      'an event that cannot be read (not an object)',
      'an event that cannot be read (not an object)',
    ],
  });
  expect((await door.queued()).map(({ id, tag }) => [id, tag])).toEqual([
    ['2', '1.0.1'],
    ['3', 'latest'],
  ]);
});

describe('the secret', () => {
  const other = { authorization: 'Bearer another secret' };
  test.each([
    { what: 'as a bearer token', headers: bearer, host: HOST },
    {
      what: 'with its scheme in small letters',
      headers: { authorization: `bearer ${DISTRIBUTION_SECRET}` },
      host: HOST,
    },
    { what: 'alone', headers: { authorization: DISTRIBUTION_SECRET }, host: HOST },
    { what: 'of another registry', headers: other, host: 'registry.example.net' },
  ])('$what tells which registry it is', async ({ headers, host }) => {
    const door = openFrontDoor();
    expect(await door.deliver({ headers, body: { events: [push({ request: { host: undefined } })] } })).toMatchObject({
      statusCode: 202,
    });
    expect((await door.queued()).map(({ registry }) => registry)).toEqual([host]);
  });

  test('may be configured with its scheme', async () => {
    const secret = `Bearer ${DISTRIBUTION_SECRET}`;
    const door = openFrontDoor([{ host: HOST, source: 'distribution', secret }]);
    expect(await door.deliver({ body: { events: [push()] } })).toMatchObject({ statusCode: 202 });
    expect(await door.queued()).toEqual([PUSHED]);
  });

  test('of one registry speaks for no other that is configured, by whatever name', async () => {
    const door = openFrontDoor([
      { host: HOST, source: 'distribution', secret: DISTRIBUTION_SECRET },
      { host: 'localhost:5000', source: 'distribution', secret: 'another secret' },
      { host: 'harbor', source: 'generic', secret: 'a third secret' },
    ]);
    const events = ['localhost:5000', 'harbor:443'].map((host) => push({ request: { host } }));
    const reply = await door.deliver({ body: { events } });
    expect(JSON.parse(reply.body ?? '').ignored).toEqual([
      `localhost:5000/team/hello:1.0.1 is not of ${HOST}, which this secret is for`,
      `harbor:443/team/hello:1.0.1 is not of ${HOST}, which this secret is for`,
    ]);
    expect(await door.queued()).toEqual([]);
  });

  test('that two registries share leaves open which of them has an inner name', async () => {
    const secret = DISTRIBUTION_SECRET;
    const door = openFrontDoor([
      { host: 'a.example.com', source: 'distribution', secret },
      { host: 'b.example.com:443', source: 'distribution', secret },
    ]);
    const events = [push({ request: { host: 'registry:5000' } }), push({ request: { host: 'b.example.com' } })];
    const reply = await door.deliver({ body: { events } });
    expect(JSON.parse(reply.body ?? '').ignored).toEqual([
      'registry:5000/team/hello:1.0.1 is not of a.example.com or b.example.com:443, which this secret is for',
    ]);
    expect((await door.queued()).map(({ registry }) => registry)).toEqual(['b.example.com:443']);
  });

  test('that two registries share leaves open whose push without a host is', async () => {
    const secret = DISTRIBUTION_SECRET;
    const door = openFrontDoor([
      { host: 'a.example.com', source: 'distribution', secret },
      { host: 'b.example.com', source: 'distribution', secret },
    ]);
    const events = [push({ request: { host: undefined } }), push({ request: { host: 'b.example.com' } })];
    const reply = await door.deliver({ body: { events } });
    expect(JSON.parse(reply.body ?? '').ignored).toEqual([
      'an unnamed registry/team/hello:1.0.1 is not of a.example.com or b.example.com, which this secret is for',
    ]);
    expect((await door.queued()).map(({ registry }) => registry)).toEqual(['b.example.com']);
  });
});
